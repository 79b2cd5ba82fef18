"""Only what a person saw, signed with a passphrase that nobody else has, in time, and once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from kwtui.approval.approvals import Approval, approval_of, approve
from kwtui.approval.keys import make_keys, read_public
from kwtui.approval.proposals import (
    LIFETIME,
    Proposal,
    folder_of,
    forget,
    load_proposal,
    new_proposal_id,
    refuse,
    save_proposal,
    waiting,
)
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.operations.verify import plan_verify

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
PASSPHRASE = "correct horse battery"


def proposal(statement: str = "") -> Proposal:
    plan = plan_verify("kwtui/shop/20261122T080000Z", ProofLevel.P2, NOW, "p1", database="shop")
    return Proposal(
        id=new_proposal_id(),
        made_at=NOW,
        expires_at=NOW + LIFETIME,
        asked_by="an agent",
        server="prod",
        database="shop",
        title=plan.title,
        plan=None if statement else plan,
        statement=statement,
    )


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, bytes]:
    private, public = tmp_path / "approver.key", tmp_path / "approver.pub"
    make_keys(private, public, PASSPHRASE)
    assert private.stat().st_mode & 0o777 == 0o600
    return private, read_public(public)


def refused(state: Path, what: Proposal, public: bytes, now: datetime = NOW) -> KwtuiError:
    with pytest.raises(KwtuiError) as raised:
        approval_of(state, what, public, now)
    return raised.value


def test_what_was_approved_counts_for_that_alone(tmp_path: Path, keys: tuple[Path, bytes]) -> None:
    private, public = keys
    mine, other = proposal(), proposal()
    for each in (mine, other):
        save_proposal(tmp_path, each)
    assert load_proposal(tmp_path, mine.id) == mine
    assert refused(tmp_path, mine, public).exit_code is ExitCode.NOT_FOUND, "nobody approved it"
    approve(tmp_path, mine, "anna", NOW, private, PASSPHRASE)
    assert approval_of(tmp_path, mine, public, NOW).approved_by == "anna"
    late = NOW + LIFETIME
    assert "has expired" in refused(tmp_path, mine, public, late).title

    folder = folder_of(tmp_path)
    (folder / f"{other.id}.approval").write_bytes((folder / f"{mine.id}.approval").read_bytes())
    assert "not match the plan" in refused(tmp_path, other, public).title, "it is another one's"

    forget(tmp_path, mine.id)
    assert refused(tmp_path, mine, public).exit_code is ExitCode.NOT_FOUND, "it counted once"


def test_a_no_of_a_person_is_told_and_stands(tmp_path: Path, keys: tuple[Path, bytes]) -> None:
    private, public = keys
    mine = proposal()
    save_proposal(tmp_path, mine)
    approve(tmp_path, mine, "anna", NOW, private, PASSPHRASE)
    refuse(tmp_path, mine, "ben", NOW)
    assert waiting(tmp_path, NOW) == []
    assert "ben refused the plan" in refused(tmp_path, mine, public).title
    approve(tmp_path, mine, "anna", NOW, private, PASSPHRASE)
    assert "ben refused the plan" in refused(tmp_path, mine, public).title, "it is not overruled"

    answer = folder_of(tmp_path) / f"{mine.id}.refusal"
    waiting(tmp_path, NOW + LIFETIME / 2)
    assert answer.exists()
    waiting(tmp_path, NOW + LIFETIME)
    assert not answer.exists(), "nobody asks any more"


def test_what_expired_is_not_signed(tmp_path: Path, keys: tuple[Path, bytes]) -> None:
    private, _ = keys
    mine = proposal()
    with pytest.raises(KwtuiError) as raised:
        approve(tmp_path, mine, "anna", NOW + LIFETIME, private, PASSPHRASE)
    assert raised.value.exit_code is ExitCode.REFUSED_BY_PLAN


def test_a_plan_that_was_changed_after_it_was_shown(
    tmp_path: Path, keys: tuple[Path, bytes]
) -> None:
    """An agent shows a harmless file, and keeps another plan for the start; or the reverse."""
    private, public = keys
    harmless = proposal("INSERT INTO t VALUES (1)")
    save_proposal(tmp_path, harmless)
    shown = load_proposal(tmp_path, harmless.id)
    approve(tmp_path, shown, "anna", NOW, private, PASSPHRASE)
    evil = msgspec.structs.replace(harmless, statement="DROP DATABASE shop CASCADE")
    assert "not match the plan" in refused(tmp_path, evil, public).title
    assert harmless.plan is None
    planned = proposal()
    assert planned.plan is not None
    swapped = msgspec.structs.replace(planned, plan=replace(planned.plan, path="kwtui/other"))
    approve(tmp_path, planned, "anna", NOW, private, PASSPHRASE)
    assert "not match the plan" in refused(tmp_path, swapped, public).title


def test_an_agent_cannot_approve_for_itself(tmp_path: Path, keys: tuple[Path, bytes]) -> None:
    private, public = keys
    mine = proposal()
    save_proposal(tmp_path, mine)
    with pytest.raises(KwtuiError) as raised:
        approve(tmp_path, mine, "agent", NOW, private, "a guess at the passphrase")
    assert raised.value.exit_code is ExitCode.AUTHENTICATION_FAILED

    own_private, own_public = tmp_path / "own.key", tmp_path / "own.pub"
    make_keys(own_private, own_public, PASSPHRASE)
    approve(tmp_path, mine, "anna", NOW, own_private, PASSPHRASE)
    assert "not signed by the approver" in refused(tmp_path, mine, public).title

    approve(tmp_path, mine, "anna", NOW, private, PASSPHRASE)
    path = folder_of(tmp_path) / f"{mine.id}.approval"
    signed = json.loads(path.read_text())
    for field, value in (
        ("approved_by", "root"),
        ("approved_at", "2027-01-01T00:00:00Z"),
        ("signature", ""),
        ("signature", "not base64!"),
    ):
        path.write_text(json.dumps(signed | {field: value}))
        assert "not signed" in refused(tmp_path, mine, public).title, field
    path.write_bytes(b"\xff{")
    assert "cannot be read" in refused(tmp_path, mine, public).title


def test_a_short_passphrase_makes_no_key(tmp_path: Path) -> None:
    with pytest.raises(KwtuiError) as raised:
        make_keys(tmp_path / "k", tmp_path / "p", "short")
    assert raised.value.exit_code is ExitCode.USAGE
    assert not (tmp_path / "k").exists()


def test_what_waits_is_listed_and_what_expired_goes(tmp_path: Path) -> None:
    fresh = proposal()
    old = msgspec.structs.replace(proposal(), expires_at=NOW - timedelta(minutes=1))
    for each in (fresh, old):
        save_proposal(tmp_path, each)
    (folder_of(tmp_path) / "0123456789ab.json").write_text("junk")
    (folder_of(tmp_path) / "notes.txt").write_text("junk")
    assert waiting(tmp_path, NOW) == [fresh]
    assert not (folder_of(tmp_path) / f"{old.id}.json").exists()
    for wrong in ("../../etc/passwd", old.id, "0123456789ab"):
        with pytest.raises(KwtuiError) as raised:
            load_proposal(tmp_path, wrong)
        assert raised.value.exit_code is ExitCode.NOT_FOUND


def test_a_file_with_the_name_of_another_proposal_is_none(tmp_path: Path) -> None:
    one = proposal()
    save_proposal(tmp_path, one)
    other = new_proposal_id()
    (folder_of(tmp_path) / f"{other}.json").write_bytes(
        (folder_of(tmp_path) / f"{one.id}.json").read_bytes()
    )
    with pytest.raises(KwtuiError):
        load_proposal(tmp_path, other)


def test_an_approval_is_plain_json(tmp_path: Path, keys: tuple[Path, bytes]) -> None:
    mine = proposal()
    save_proposal(tmp_path, mine)
    made = approve(tmp_path, mine, "anna", NOW, keys[0], PASSPHRASE)
    kept = (folder_of(tmp_path) / f"{mine.id}.approval").read_bytes()
    assert msgspec.json.decode(kept, type=Approval) == made
    assert PASSPHRASE.encode() not in kept
