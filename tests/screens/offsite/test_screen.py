"""Copies in other places, from the keyboard: what one sees, and what becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kwtui.config.offsite import add_target, load_targets
from kwtui.config.policy_file import PolicyDraft, new_policy, text_of
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.operations.plan import PlanKind
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.fake_offsite import KEY, copies


@pytest.fixture
def vault(connected: FakeController) -> FakeController:
    add_target(TargetSettings("file:///mnt/vault", "vault", (KEY,)))
    connected.offsite.lying["vault"] = copies()
    return connected


async def to_copies(person: Driver) -> None:
    await person.press("4")
    await person.until_shown("tsdb")
    await person.press("o")
    await person.until_shown("NO COPY")


async def test_without_a_place_one_is_offered_and_added_with_a_new_key(
    connected: FakeController, tmp_path: Path
) -> None:
    pytest.importorskip("pyrage")
    key = tmp_path / "offsite.key"
    async with opened(connected, size=(100, 40)) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press("o")
        await person.until_shown("a adds one: a folder or mounted share")
        await person.press("s")
        await person.until_shown("Add a target first (a).")
        await person.press("a")
        await person.until_shown("Add a target for copies")
        await person.press("enter")
        await person.until_shown("Write a name.")
        await person.paste("vault")
        await person.press("down")
        await person.paste("ftp")
        await person.press("enter")
        await person.until_shown("sftp://user@host")
        await person.press(*["backspace"] * 3)
        await person.paste("/mnt/vault")
        await person.press("down", "down")
        await person.paste(str(key))
        await person.press("enter")
        await person.until_shown("Nothing lies on vault yet.")
    (target,) = load_targets().values()
    assert target.url == "file:///mnt/vault"
    assert key.stat().st_mode & 0o777 == 0o600
    assert f"public key: {target.recipients[0]}" in key.read_text()


async def test_copies_are_listed_with_what_each_is_proven_to(vault: FakeController) -> None:
    async with opened(vault) as person:
        await to_copies(person)
        text = person.text()
        assert [w for w in ("○ O0", "◑ O2", "● O4", "DAMAGED") if w not in text] == []
        assert "vault: file:///mnt/vault · 4 copies" in text
        await person.press("slash")
        await person.type("proof:o4")
        await person.until_shown("1 with “proof:o4” of vault: file:///mnt/vault · 4 copies")
        assert "DAMAGED" not in person.text()
        await person.press("escape")
        await person.until_shown("DAMAGED")
        await person.press("g", "j", "j", "enter")
        await person.until_shown("every byte was read back")
        await person.until_shown("public.orders")
        await person.press("escape", "G")
        await person.until_shown("it has no archive.json")
        await person.press("v")
        await person.until_shown("This is no copy:")


async def test_the_backup_under_the_cursor_of_storage_is_sent_by_a_plan(
    vault: FakeController,
) -> None:
    async with opened(vault) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press("j", "o")
        await person.until_shown("NO COPY")
        await person.press("s")
        await person.until_shown("Send to vault")
        await person.until_shown("仓库")
        await person.press("enter")
        await person.until_shown("Send kwtui/仓库/20261121T080000Z to file:///mnt/vault")
        await person.press("s")
        await person.until(lambda: bool(vault.runs.plans), "the run")
        await person.until_shown("Run 20261122T120000Z-2")
    (plan,) = vault.runs.plans.values()
    assert plan.kind is PlanKind.OFFSITE
    assert [step.params.get("level") for step in plan.steps] == [None, 2]


async def test_a_check_reports_its_progress_and_is_stopped(vault: FakeController) -> None:
    go, read_on = threading.Event(), threading.Event()

    def reading(read: Callable[[int, int], None]) -> None:
        read(1_000_000, 4_000_000)
        assert go.wait(10)
        read(2_000_000, 4_000_000)
        read_on.set()

    vault.offsite.during_check = reading
    async with opened(vault) as person:
        await to_copies(person)
        await person.press("v")
        await person.until_shown("O2: every byte")
        await person.press("enter")
        await person.until_shown("976.6 KiB of 3.8 MiB; c stops it.")
        await person.press("v")
        await person.until_shown("A check is at work (c stops it).")
        await person.press("c")
        go.set()
        await person.until_shown("The check was stopped.")
    assert not read_on.is_set()
    assert vault.offsite.checks == []


async def test_an_encrypted_copy_is_decrypted_with_a_key_and_its_passphrase(
    vault: FakeController, tmp_path: Path
) -> None:
    key = tmp_path / "k"
    vault.offsite.protected = frozenset({key})
    async with opened(vault) as person:
        await to_copies(person)
        await person.press("v", "right", "enter")
        await person.until_shown("The copy is encrypted: name")
        await person.press("down")
        await person.paste(str(key))
        await person.press("enter")
        await person.until_shown("Passphrase needed")
        await person.paste("secret")
        assert "secret" not in person.text()
        await person.press("enter")
        await person.until_shown("proven to O3")
    ((target, _, level, identities, passphrase),) = vault.offsite.checks
    assert (target, level, identities, passphrase) == ("vault", 3, (key,), "secret")


async def test_a_fetch_and_a_drill_ask_for_the_passphrase_too(
    vault: FakeController, tmp_path: Path
) -> None:
    key = tmp_path / "k"
    vault.offsite.protected = frozenset({key})
    async with opened(vault, size=(100, 40)) as person:
        await to_copies(person)
        await person.press("v", "left", "left")
        await person.until_shown("O4: drilled")
        await person.press("down")
        await person.paste(str(key))
        await person.press("enter")
        await person.until_shown("for this drill")
        await person.paste("secret")
        await person.press("enter")
        await person.until(lambda: bool(vault.offsite.drills), "the drill")
        assert vault.offsite.drills[0][2] == "secret"
        await person.press("f")
        await person.until_shown("Only tables")
        await person.press("down")
        await person.paste(str(key))
        await person.press("enter")
        await person.until_shown("This will be done")
        await person.press("s")
        await person.until_shown("for this run")
        await person.press("escape")
        assert not vault.runs.plans, "who gives up starts nothing"
        await person.press("s")
        await person.until_shown("for this run")
        await person.paste("secret")
        await person.press("enter")
        await person.until(lambda: bool(vault.runs.plans), "the run")
    assert vault.runs.passphrases == ["secret"]


async def test_a_damaged_copy_is_told_and_a_drill_from_there_begins(vault: FakeController) -> None:
    vault.offsite.problems = ("00001-public.orders.tar.zst.age is missing",)
    async with opened(vault) as person:
        await to_copies(person)
        await person.press("v", "enter")
        await person.until_shown("00001-public.orders.tar.zst.age is missing")
        await person.press("escape", "j", "j", "v", "left", "left")
        await person.until_shown("O4: drilled")
        await person.press("enter")
        await person.until(lambda: bool(vault.offsite.drills), "the drill")
    assert vault.offsite.drills == [("vault", "kwtui/shop/20261120T020000Z", None)]


@pytest.mark.slow
async def test_one_table_comes_back_by_a_plan(vault: FakeController) -> None:
    async with opened(vault, size=(100, 40)) as person:
        await to_copies(person)
        await person.press("j", "j", "f")
        await person.until_shown("Only tables")
        await person.paste("a.b.c")
        await person.press("enter")
        await person.until_shown("is no table")
        await person.press(*["backspace"] * 5)
        await person.paste("orders")
        await person.press("enter")
        await person.until_shown("only public.orders")
        await person.press("s")
        await person.until(lambda: bool(vault.runs.plans), "the run")


async def test_what_the_rules_let_go_is_shown_before_it_is_asked_for(vault: FakeController) -> None:
    async with opened(vault, size=(100, 40)) as person:
        await to_copies(person)
        await person.press("t")
        await person.until_shown("What stays of copies on vault")
        await person.press("1", "enter")
        await person.until_shown("Every copy, and why")
        assert "Remove 1 copy from file:///mnt/vault" in person.words(), person.text()
        await person.press("s")
        await person.until_shown("What is removed cannot be brought back.")
        await person.press("escape")
        assert not vault.runs.plans
        await person.press("escape", "l")
        await person.until_shown("Remove 1 copy")


@pytest.mark.slow
async def test_places_in_turn_and_one_that_is_not_reached(vault: FakeController) -> None:
    add_target(TargetSettings("s3://bucket/kwtui", "cloud"))
    vault.offsite.failures["cloud"] = KwtuiError(
        "The bucket cannot be reached.", exit_code=ExitCode.SERVER_UNREACHABLE
    )
    async with opened(vault) as person:
        await to_copies(person)
        await person.until_shown("target 1 of 2")
        await person.press("right_square_bracket")
        await person.until_shown("The bucket cannot be reached.")
        await person.press("escape")
        await person.until_shown("NOT ENCRYPTED")
        await person.press("t")
        await person.until_shown("The contents of the target are not known.")
        await person.press("left_square_bracket")
        await person.until_shown("NO COPY")


async def test_a_place_is_shown_changed_and_forgotten(vault: FakeController) -> None:
    pytest.importorskip("pyrage")
    policy = new_policy("nightly", text_of(PolicyDraft(["*"])))
    with policy.open("a") as file:
        file.write('\n[offsite]\ntarget = "vault"\n')
    async with opened(vault) as person:
        await to_copies(person)
        await person.press("p")
        await person.until_shown("The policy nightly sends copies there.")
        assert KEY[:40] in person.text()
        await person.press("escape", "e")
        await person.until_shown("Change the target vault")
        await person.paste("2")
        await person.press("enter")
        await person.until_shown("vault: file:///mnt/vault2")
        await person.press("x")
        await person.until_shown("file:///mnt/vault2 stay. The policy nightly")
        await person.press("escape")
        assert load_targets()["vault"] == TargetSettings("file:///mnt/vault2", "vault", (KEY,))
        await person.press("x")
        await person.until_shown("Remove the target vault?")
        await person.press("y")
        await person.until_shown("No target for copies is saved yet.")
    assert load_targets() == {}
