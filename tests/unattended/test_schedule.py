"""When a policy is due, where clocks change and where they do not."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.config.policy_file import PolicyDraft, new_policy, text_of
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.own_program import own_environment, own_program
from kwtui.model.policy import Missed, Policy, PolicySchedule
from kwtui.unattended import installing
from kwtui.unattended.installing import account
from kwtui.unattended.schedule import check_times, next_times
from kwtui.unattended.timers import (
    Account,
    has_cron_lines,
    unit_names,
    units,
    with_cron_lines,
    without_cron_lines,
)

BEFORE_SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)


def test_a_time_in_utc_never_moves() -> None:
    schedule = PolicySchedule(on_calendar="*-*-* 01:15:00")
    found = next_times(schedule, BEFORE_SPRING, 3)
    assert [f"{time:%d %H:%M}" for time in found] == ["29 01:15", "30 01:15", "31 01:15"]


def test_a_local_time_that_does_not_exist_is_left_out_by_systemd(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    schedule = PolicySchedule(on_calendar="*-*-* 02:30:00", time_zone="local")
    found = next_times(schedule, BEFORE_SPRING, 2)
    assert [f"{time:%d %H:%M}" for time in found] == ["30 00:30", "31 00:30"]
    assert "01:15" in check_times(schedule)[0]
    assert check_times(PolicySchedule(on_calendar="*-*-* 01:15:00", time_zone="local")) == []


@given(st.timedeltas(timedelta(0), timedelta(days=7000)))
def test_due_times_are_later_and_a_day_apart(later: timedelta) -> None:
    after = datetime(2020, 1, 1, tzinfo=UTC) + later
    for schedule in (
        PolicySchedule(on_calendar="*-*-* 01:15:00"),
        PolicySchedule(cron="15 1 * * *", time_zone="UTC"),
    ):
        first, second = next_times(schedule, after, 2)
        assert after < first <= after + timedelta(days=1)
        assert second - first == timedelta(days=1)
        assert (first.hour, first.minute) == (1, 15)


@pytest.mark.parametrize(
    "schedule", [PolicySchedule(on_calendar="every tuesday-ish"), PolicySchedule(cron="61 1 * * *")]
)
def test_a_time_that_its_engine_would_refuse_is_refused(schedule: PolicySchedule) -> None:
    with pytest.raises(KwtuiError, match="is not a time that") as error:
        next_times(schedule, BEFORE_SPRING)
    assert error.value.exit_code is ExitCode.USAGE


NIGHTLY = Policy("nightly", ("*",), schedule=PolicySchedule(on_calendar="*-*-* 01:15:00"))
ACCOUNT = Account("root", ("/opt/kw tui/python", "-m", "kwtui.cli"), "/etc/kwtui", "/var/lib/kwtui")


def test_units_are_what_systemd_takes(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    here = Account("root", ("/bin/true",), "/etc/kwtui", "/var/lib/kwtui")
    for unit in units(NIGHTLY, here):
        (tmp_path / unit.name).write_text(unit.text, "utf-8")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(unit_names("nightly"))
    done = subprocess.run(
        [program, "verify", *(str(p) for p in tmp_path.iterdir())], capture_output=True, text=True
    )
    ours = [line for line in done.stderr.splitlines() if "kwtui" in line]
    assert ours == []
    assert done.returncode == 0, done.stderr


def test_words_with_blanks_are_one_word_in_a_unit() -> None:
    service = next(u for u in units(NIGHTLY, ACCOUNT) if u.name == "kwtui-nightly.service")
    assert 'ExecStart="/opt/kw tui/python" -m kwtui.cli policy run nightly' in service.text
    timer = next(u for u in units(NIGHTLY, ACCOUNT) if u.name == "kwtui-nightly.timer")
    assert "OnCalendar=*-*-* 01:15:00 UTC\n" in timer.text
    assert "Persistent=true\n" in timer.text


def test_timers_start_the_launcher_of_an_offline_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the host's certificates to OpenSSL; and a link to the bundle outlives an upgrade."""
    assert account(system=True).program[1:] == ("-P", "-m", "kwtui.cli")
    version = tmp_path / "kwtui-0.1.0-linux-x86_64"
    (version / "python").mkdir(parents=True)
    (version / "python/bundle.json").write_text("{}")
    (tmp_path / "kwtui").symlink_to(version)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "kwtui/python"))
    assert account(system=True).program == (str(tmp_path / "kwtui/kwtui"),)


@given(st.lists(st.sampled_from(["0 3 * * * other", "# a comment", "", "MAILTO=x"])), st.booleans())
def test_a_crontab_keeps_what_others_wrote(lines: list[str], ends: bool) -> None:
    crontab = "\n".join(lines) + ("\n" if lines and ends else "")
    policy = Policy("nightly", ("*",), schedule=PolicySchedule(cron="15 1 * * *"))
    once = with_cron_lines(crontab, policy, ACCOUNT)
    assert has_cron_lines(once, "nightly")
    assert with_cron_lines(once, policy, ACCOUNT) == once, "again changes nothing"
    assert not has_cron_lines(once, "night")
    assert without_cron_lines(once, "nightly").rstrip("\n") == crontab.rstrip("\n")
    assert "15 1 * * * env KWTUI_CONFIG_DIR=/etc/kwtui" in once


@pytest.mark.parametrize(
    "config", ["/etc/a\nExecStartPre=/bin/evil", "/etc/a\r* * * * * root evil"]
)
def test_a_line_end_in_a_path_begins_no_line_of_a_timer(config: str) -> None:
    odd = replace(ACCOUNT, config=config)
    crontab = Policy("nightly", ("*",), schedule=PolicySchedule(cron="15 1 * * *"))
    for make in (lambda: units(NIGHTLY, odd), lambda: with_cron_lines("", crontab, odd)):
        with pytest.raises(KwtuiError, match="not allowed in a timer"):
            make()


def test_signs_that_systemd_reads_stay_what_they_are() -> None:
    odd = replace(ACCOUNT, config='/etc/50% "$HOME"')
    service = units(NIGHTLY, odd)[0].text
    assert 'Environment="KWTUI_CONFIG_DIR=/etc/50%% \\"$HOME\\""\n' in service


CRON = PolicySchedule(cron="15 1 * * *", time_zone="local")


def cron_lines(account: Account, schedule: PolicySchedule = CRON) -> list[str]:
    crontab = with_cron_lines("", Policy("nightly", ("*",), schedule=schedule), account)
    return [line for line in crontab.splitlines() if not line.startswith("#")]


def test_cron_fires_the_run_the_look_and_what_it_slept_through() -> None:
    lines = cron_lines(ACCOUNT)
    assert [line.split(" env ")[0] for line in lines] == [
        "15 1 * * *",
        "17 * * * *",
        "47 * * * *",
    ]
    assert lines[2].endswith("policy run nightly --missed >/dev/null")
    for line in lines:
        fields = " ".join(line.split()[:5])
        assert next_times(PolicySchedule(cron=fields, time_zone="UTC"), BEFORE_SPRING)
    skips = PolicySchedule(cron="15 1 * * *", time_zone="local", missed=Missed.SKIP)
    assert len(cron_lines(ACCOUNT, skips)) == 2


def test_a_line_of_the_crontab_runs_as_cron_would_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cron gives a command to /bin/sh with next to no environment; a bare % ends it there."""
    config = tmp_path / "with blank 100%"
    monkeypatch.setenv("KWTUI_CONFIG_DIR", str(config))
    new_policy("nightly", text_of(PolicyDraft()))
    account = Account("me", tuple(own_program("kwtui.cli")), str(config), str(tmp_path / "state"))
    line = cron_lines(account)[2]
    assert not re.search(r"(?<!\\)%", line)
    command = re.sub(r"^(\S+ ){5}", "", line).replace("\\%", "%").removesuffix(" >/dev/null")
    python = own_environment()["PYTHONPATH"]
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        env={
            "HOME": str(tmp_path),
            "SHELL": "/bin/sh",
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": python,
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    # It found its policy and understood its words; whether a run was missed, the clock decides.
    assert (done.returncode, done.stdout) == (0, "No run was missed.\n") or (
        done.returncode == ExitCode.USAGE and "names no server" in done.stderr
    )


def test_the_crontab_is_what_cron_takes(tmp_path: Path) -> None:
    program = shutil.which("crontab")
    if program is None:
        pytest.skip("crontab is not installed")
    file = tmp_path / "crontab"
    file.write_text("\n".join(cron_lines(ACCOUNT)) + "\n")
    # Only to check: -T is cronie's word for it, -n Debian's.
    for option in ("-T", "-n"):
        done = subprocess.run([program, option, str(file)], capture_output=True, text=True)
        if "invalid option" not in done.stderr:
            break
    else:
        pytest.skip("this crontab cannot check a file")
    # Not by its exit code: it may also miss its spool or its group.
    assert not re.search("bad |error", done.stderr), done.stderr


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Shanghai"])
def test_the_hour_of_changed_clocks_is_warned_of_in_both_languages(
    zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    for schedule in (
        PolicySchedule(on_calendar="*-*-* 02:30:00", time_zone="local"),
        PolicySchedule(cron="30 2 * * *", time_zone="local"),
        PolicySchedule(cron="*/15 * * * *", time_zone="local"),
    ):
        assert "skipped or repeated" in check_times(schedule)[0]
    for schedule in (
        PolicySchedule(on_calendar="*-*-* 02:30:00", time_zone="UTC"),
        PolicySchedule(cron="15 1 * * *", time_zone="local"),
        PolicySchedule(cron="0 3 * * *", time_zone="local"),
    ):
        assert check_times(schedule) == []


def test_every_policy_that_a_host_runs_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KWTUI_SYSTEMD_DIR", str(tmp_path / "system"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(installing, "_systemctl", lambda *words, system: None)
    crontab = with_cron_lines(
        "5 4 * * * other\n", Policy("cronned", ("*",), schedule=CRON), ACCOUNT
    )
    monkeypatch.setattr(installing, "_crontab", lambda: crontab)
    monkeypatch.setenv("KWTUI_LINGER_DIR", str(tmp_path))
    (tmp_path / getpass.getuser()).touch()
    folder = installing.unit_folder(system=os.geteuid() == 0)
    folder.mkdir(parents=True)
    (folder / "kwtui-foreign.timer").write_text("[Timer]\nOnCalendar=daily\n")
    with_server = replace(NIGHTLY, profile="prod")
    installing.install(with_server)
    assert installing.installed_policies() == ["cronned", "nightly"]
    with pytest.raises(KwtuiError) as told:
        installing.install(replace(with_server, name="nightly-watch"))
    assert told.value.exit_code is ExitCode.NAME_TAKEN
    assert installing.installed_policies() == ["cronned", "nightly"]


def test_timers_of_a_user_are_installed_only_where_they_outlive_the_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KWTUI_SYSTEMD_DIR", str(tmp_path / "system"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("KWTUI_LINGER_DIR", str(tmp_path / "linger"))
    monkeypatch.setattr(installing, "_systemctl", lambda *words, system: None)
    monkeypatch.setattr(installing, "_crontab", lambda: "")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    policy = replace(NIGHTLY, profile="prod")
    with pytest.raises(KwtuiError) as told:
        installing.install(policy)
    assert f"loginctl enable-linger {getpass.getuser()}" in told.value.hint
    assert not installing.installed_policies()
    (tmp_path / "linger").mkdir()
    (tmp_path / "linger" / getpass.getuser()).touch()
    assert installing.install(policy).kind == "systemd --user"
    assert len(list((tmp_path / "xdg" / "systemd" / "user").iterdir())) == 4
