"""The recovery plan beside the copies: protected as they are, and never gone for a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.offsite.keys import make_key, read_identities
from kwtui.offsite.recovery_plans import keep_plans, plans_in, read_plan
from kwtui.offsite.rescue import find_copies_in, read_found_plan
from kwtui.offsite.targets.folder import FolderTarget
from tests.backups.builder import make_set
from tests.offsite.copying import push, target_in

FOLDER = "kwtui/shop"
NOW = datetime(2026, 11, 30, 18, 40, tzinfo=UTC)
OLD = {"en": b"# old\n", "zh": "# 旧\n".encode()}
NEW = {"en": b"# new\n", "zh": "# 新\n".encode()}


class Killed(Exception):
    """What a process that is killed does not live to see."""


class ShortLived(FolderTarget):
    """Is killed before it changes anything for the nth time."""

    left = 0

    def _live(self) -> None:
        if not self.left:
            raise Killed
        self.left -= 1

    def write(self, name: str):  # type: ignore[no-untyped-def]
        self._live()
        return super().write(name)

    def delete(self, name: str) -> None:
        self._live()
        super().delete(name)


def texts_in(folder: Path) -> dict[str, str]:
    """What one reads there, by language."""
    target = FolderTarget(folder)
    plans = plans_in(stored.name for stored in target.files())
    assert {plan.database for plan in plans} <= {"shop"}
    return {plan.language: read_plan(target, plan, ()) for plan in plans}


def test_killed_at_any_moment_a_plan_is_there_and_the_next_one_clears_up(tmp_path: Path) -> None:
    for moment in range(4):
        folder = tmp_path / str(moment)
        keep_plans(target_in(folder), FOLDER, OLD, (), NOW)
        target = ShortLived(folder)
        target.left = moment
        with pytest.raises(Killed):
            keep_plans(target, FOLDER, NEW, (), NOW + timedelta(hours=1))
        english, chinese = texts_in(folder)["en"], texts_in(folder)["zh"]
        assert english == ("# old\n" if moment < 1 else "# new\n")
        assert chinese == ("# 旧\n" if moment < 2 else "# 新\n")
        keep_plans(target_in(folder), FOLDER, NEW, (), NOW + timedelta(hours=2))
        assert len(list((folder / FOLDER).iterdir())) == 2


def test_a_clock_that_is_behind_writes_the_newest_all_the_same(tmp_path: Path) -> None:
    keep_plans(target_in(tmp_path), FOLDER, OLD, (), NOW)
    keep_plans(target_in(tmp_path), FOLDER, NEW, (), NOW - timedelta(days=400))
    assert texts_in(tmp_path)["en"] == "# new\n"


def test_where_copies_are_encrypted_the_plan_is_and_rescue_reads_it(tmp_path: Path) -> None:
    pytest.importorskip("pyrage")
    mine, other = tmp_path / "mine", tmp_path / "other"
    public = make_key(mine, NOW)
    make_key(other, NOW)
    (tmp_path / "extern").mkdir()
    away = tmp_path / "away"
    location = make_set(tmp_path / "extern", tmp_path / "state")
    push(target_in(away), location, tmp_path / "state", (public,))
    secret = {"en": b"call Ada: +1 555\n"}
    (name,) = keep_plans(target_in(away), FOLDER, secret, (public,), NOW)
    assert name == "kwtui/shop/RECOVERY-20261130T184000Z.en.md.age"
    assert b"Ada" not in (away / name).read_bytes()
    assert "RECOVERY-TIME.en.md.age" in (away / location.path / "RESTORE.txt").read_text()

    found = find_copies_in(away)
    at_one = find_copies_in(away / location.path)
    assert found is not None
    assert at_one is not None
    assert [plan.path for plan in found.plans] == [name]
    assert at_one.plans == found.plans, "it lies above the one copy that is looked at"
    assert read_found_plan(found, "shop", "en", read_identities([mine])) == "call Ada: +1 555\n"
    for keys in ((), read_identities([other])):
        with pytest.raises(KwtuiError) as raised:
            read_found_plan(found, "shop", "en", keys)
        assert raised.value.exit_code is ExitCode.AUTHENTICATION_FAILED
    with pytest.raises(KwtuiError) as raised:
        read_found_plan(found, "shop", "zh", ())
    assert raised.value.exit_code is ExitCode.NOT_FOUND
    (away / name).write_bytes((away / name).read_bytes()[:-3])
    with pytest.raises(KwtuiError) as raised:
        read_found_plan(found, "shop", "en", read_identities([mine]))
    assert raised.value.exit_code is ExitCode.BACKUP_DAMAGED
