"""After a drill the recovery plan goes where copies of its database lie, as protected as they."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.errors import KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.keys import make_key, read_identities
from kwtui.offsite.rescue import find_copies, read_found_plan
from kwtui.operations.offsite.recovery_plan import renew_recovery_plan
from tests.backups.builder import make_set
from tests.offsite.copying import push, target_in

NOW = datetime(2026, 11, 30, 18, 40, tzinfo=UTC)


def test_it_goes_where_copies_lie_and_never_plain_beside_encrypted_ones(tmp_path: Path) -> None:
    pytest.importorskip("pyrage")
    public = make_key(tmp_path / "key", NOW)
    extern = tmp_path / "extern"
    extern.mkdir()
    location = make_set(extern, tmp_path / "state")
    for name, recipients in (("plain", ()), ("locked", (public,)), ("empty", None)):
        target = target_in(tmp_path / name)
        if recipients is not None:
            push(target, location, tmp_path / "state", recipients)

    state = tmp_path / "another host's state"

    def renew(name: str, *recipients: str) -> list[str]:
        """What lies there after it."""
        settings = TargetSettings(f"file://{tmp_path}/{name}", recipients=recipients)
        renew_recovery_plan(settings, extern, state, "kwtui/shop", NOW)
        return sorted(path.name for path in (tmp_path / name).rglob("RECOVERY*"))

    assert renew("plain") == [], "there is no plan yet"
    (location.root.parent / "RECOVERY.en.md").write_text("# What to do\n")
    assert renew("empty") == []
    assert renew("plain") == ["RECOVERY-20261130T184000Z.en.md"]
    with pytest.raises(KwtuiError, match="not known for whom"):
        renew("locked")
    assert not list((tmp_path / "locked").rglob("RECOVERY*"))
    assert renew("locked", public) == ["RECOVERY-20261130T184000Z.en.md.age"]
    state = tmp_path / "state"
    assert renew("locked") == ["RECOVERY-20261130T184001Z.en.md.age"], "as its copies were sent"
    found = find_copies(TargetSettings(f"file://{tmp_path}/locked"))
    text = read_found_plan(found, "shop", "en", read_identities([tmp_path / "key"]))
    assert text == "# What to do\n"
