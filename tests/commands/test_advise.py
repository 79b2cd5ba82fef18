"""``kwtui advise``: measured from files alone, asked on a terminal, written as a policy."""

from __future__ import annotations

import os
import pty
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kwtui.advice.facts import Answers, Demand, Importance
from kwtui.advice.words import advise_words
from kwtui.commands.advise import given_answers, other_answers
from kwtui.commands.parsers.root import make_parser
from kwtui.errors import ExitCode
from tests.backups.builder import make_set
from tests.command_line import CommandLine


def _home(tmp_path: Path) -> tuple[CommandLine, tuple[str, str]]:
    home, extern = CommandLine(tmp_path / "home"), tmp_path / "extern"
    extern.mkdir()
    make_set(extern, home.state / "state", started=datetime.now(UTC))
    return home, ("--extern", str(extern))


def test_a_strategy_its_policy_and_its_plan_from_the_files_alone(tmp_path: Path) -> None:
    home, files = _home(tmp_path)
    plan = tmp_path / "plan.md"
    done = home.run(
        *("advise", "shop", "--keep", "7d", "--policy", "shop", "--plan", str(plan)), *files
    )
    assert done.code == 0, done.err + done.out
    assert "Strategy for shop" in done.out
    assert "3 last + 9 daily" in done.out
    assert "  - shop: the time of a backup: no backup is known; the first backup tells." in done.out
    assert plan.read_text("utf-8").startswith("# ")
    policy = home.run("policy", "show", "shop", "--json").object["policy"]
    assert policy["databases"] == ["shop"]
    assert policy["schedule"]["on_calendar"] == "*-*-* 01:15:00"
    assert policy["retention"]["keep_daily"] == 9

    again = home.run("advise", "shop", "--policy", "shop", *files)
    assert again.code == ExitCode.NAME_TAKEN
    assert home.run("advise", "shop", "--plan", str(plan), *files).code == ExitCode.USAGE


def test_what_cannot_be_kept_is_the_exit_code_and_each_mistake_is_named(tmp_path: Path) -> None:
    home, files = _home(tmp_path)
    refused = home.run("advise", "--rpo", "10min", "--json", *files)
    assert refused.code == ExitCode.FAILED
    (words,) = refused.object["advice"]["contradictions"]
    assert "an RPO of 10min cannot be kept" in words
    for wrong, code, told in (
        (("nowhere",), ExitCode.NOT_FOUND, "'nowhere'"),
        (("--window", "22-6"), ExitCode.USAGE, "write 22:00-06:00"),
        (("--copies", "nowhere"), ExitCode.USAGE, "no off-site target named 'nowhere'"),
    ):
        done = home.run("advise", *wrong, *files)
        assert (done.code, told in done.err) == (code, True), done.err


def test_groups_with_other_answers_share_the_disk_and_get_a_policy_each(tmp_path: Path) -> None:
    home, files = _home(tmp_path)
    make_set(tmp_path / "extern", home.state / "state", database="crm", started=datetime.now(UTC))
    done = home.run(
        *("advise", "--policy", "night", "--for", "crm: rpo=4h importance=critical", *files)
    )
    assert done.code == 0, done.err + done.out
    assert "Strategy for shop" in done.out
    assert "Strategy for crm" in done.out
    first = home.run("policy", "show", "night", "--json").object["policy"]
    second = home.run("policy", "show", "night-2", "--json").object["policy"]
    assert sorted([*first["databases"], *second["databases"]]) == ["crm", "shop"]
    assert {first["proof"]["max_age"], second["proof"]["max_age"]} == {"P1DT7200S", "PT14400S"}
    for wrong, told in (
        ("crm rpo=4h", "--for: write 'shop,crm: rpo=4h keep=90d'"),
        ("crm: rpo=soon", "'soon' is not a duration"),
        ("crm: colour=red", "is none of importance=, rpo="),
        ("gone: rpo=4h", "--for names gone, which is none of"),
    ):
        refused = home.run("advise", "--for", wrong, *files)
        assert (refused.code, told in refused.err) == (ExitCode.USAGE, True), refused.err


def test_a_terminal_is_asked_what_was_not_given(tmp_path: Path) -> None:
    home, files = _home(tmp_path)
    leader, follower = pty.openpty()
    asked = subprocess.Popen(
        home.command("advise", "--rto", "2h", *files),
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=follower,
        text=True,
        env=home.variables(),
    )
    os.close(follower)
    # importance, RPO (a mistake first), keep, window, copies, demand
    os.write(leader, b"critical\nsoon\n4h\n7d\n\n\nevery-day\n")
    out, _ = asked.communicate(timeout=60)
    told = os.read(leader, 65536).decode()
    os.close(leader)
    assert asked.returncode == 0, told
    assert "How long may a restore take" not in told, "it was given"
    assert "'soon' is not a duration" in told
    assert "RPO 4h: is kept if" in out
    assert "every 24h (critical importance)" in out


def test_the_command_that_the_guide_shows_demands_the_same() -> None:
    usual = Answers(rto=timedelta(hours=2), window="22:00-06:00", demands=(Demand.EVERY_DAY,))
    own = Answers(rpo=timedelta(minutes=90), importance=Importance.CRITICAL)
    words = advise_words(["shop", "crm", "plant"], usual, {"shop": own, "crm": own}, probe=True)
    assert words[-2:] == [
        "shop,crm: importance=critical rpo=90min rto= window= demand=",
        "--probe",
    ]
    args = make_parser().parse_args(words)
    assert args.databases == ["shop", "crm", "plant"]
    assert given_answers(args) == usual
    assert other_answers(args, usual) == {"shop": own, "crm": own}
