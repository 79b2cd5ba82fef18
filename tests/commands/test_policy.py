"""A policy from its file to a proven backup, a failure that is told, and its timers."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.conftest import SandboxNode


def test_a_policy_backs_up_drills_thins_out_and_is_remembered(
    demo_sandbox: SandboxNode, tmp_path: Path
) -> None:
    kwtui = CommandLine(tmp_path, demo_sandbox)
    assert kwtui.run("policy", "add", "nightly", "--databases", "pl*").code == 0
    dry = kwtui.run("policy", "run", "nightly", "--dry-run", *kwtui.server)
    assert dry.out == "It would back up: plant\n", dry.err
    file = next((tmp_path).rglob("nightly.toml"))
    many = "keep_last = 3\nkeep_daily = 7\nkeep_weekly = 4"
    text = file.read_text("utf-8").replace(many, "keep_last = 1")
    assert "keep_last = 1" in text
    file.write_text(text, "utf-8")
    first = kwtui.run("policy", "run", "nightly", *kwtui.server)
    assert first.code == 0, first.err + first.out
    assert "proven to P4" in first.out, "the first drill is due at once"
    assert kwtui.run("policy", "run", "nightly", *kwtui.server).code == 0
    third = kwtui.run("policy", "run", "nightly", *kwtui.server, "--json")
    assert third.code == 0, third.err
    (outcome,) = third.object["event"]["databases"]
    assert outcome["ok"]
    assert len(outcome["runs"]) == 2, "a backup, and the removal of the second: the first is at P4"
    status = kwtui.run("status", *kwtui.server, "--database", "plant", "--json")
    assert status.object["status"]["judgements"][0]["state"] == "SAFE"
    listed = kwtui.run("policy", "--json").object["policies"][0]
    assert listed["last_ok"] is True
    assert listed["next"] is not None


def test_a_failure_is_told_once_by_the_command_and_the_others_go_on(
    demo_sandbox: SandboxNode, tmp_path: Path
) -> None:
    kwtui = CommandLine(tmp_path, demo_sandbox)
    assert kwtui.run("policy", "add", "nightly", "--databases", "plant,gone").code == 0
    told = tmp_path / "told.jsonl"
    script = f"import sys; open({str(told)!r}, 'a').write(sys.stdin.read() + chr(10))"
    file = next(tmp_path.rglob("nightly.toml"))
    command = json.dumps([sys.executable, "-c", script])
    file.write_text(
        file.read_text("utf-8").replace("[notify]", f"[notify]\ncommand = {command}"), "utf-8"
    )
    done = kwtui.run("policy", "run", "nightly", *kwtui.server)
    assert done.code == 1
    assert "there is no database gone" in done.out
    assert "plant: Backed up plant" in done.out
    (notice,) = [json.loads(line) for line in told.read_text("utf-8").splitlines()]
    assert notice["event"] == "failure"
    assert "gone" in notice["title"]
    assert kwtui.run("notify", "test", "nightly").code == 0
    watched = kwtui.run("policy", "watch", "nightly", *kwtui.server)
    assert "gone was never backed up" in watched.out
    assert "Told by command." in watched.out
    again = kwtui.run("policy", "watch", "nightly", *kwtui.server)
    assert "Told by command." not in again.out, "the same trouble once a day"
    blind = kwtui.run("policy", "watch", "nightly", "--dsn", "postgresql://root@127.0.0.1:1")
    assert "Not known:" in blind.err
    assert "Told by command." in blind.out, "where nothing can be seen somebody must know"


def test_timers_are_written_seen_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = tmp_path / "units"
    kwtui = CommandLine(
        tmp_path,
        environment={
            "KWTUI_SYSTEMD_DIR": str(units),
            "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
            "KWTUI_LINGER_DIR": str(tmp_path),
        },
    )
    (tmp_path / getpass.getuser()).touch()
    assert kwtui.run("policy", "add", "nightly").code == 0
    serverless = kwtui.run("schedule", "install", "nightly")
    assert serverless.code == 2
    assert "names no server" in serverless.err
    kept = kwtui.run("policy", "remove", "nightly")
    assert (kept.code, kept.out.splitlines()[-1]) == (0, "Nothing was removed. Add --yes to do it.")
    assert kwtui.run("policy", "remove", "nightly", "--yes").code == 0
    refused = kwtui.run("policy", "add", "nightly", "--on-calendar", "foo")
    assert refused.code == 2
    assert kwtui.run("policy", "--json").object["policies"] == [], "nothing was written"
    assert kwtui.run("policy", "add", "nightly", "--profile", "prod").code == 0
    installed = kwtui.run("schedule", "install", "nightly", "--json").object["installed"]
    assert installed["kind"].startswith("systemd")
    assert len(installed["places"]) == 4
    assert all(Path(place).is_file() for place in installed["places"])
    assert kwtui.run("policy", "add", "weekly").code == 0
    listed = kwtui.run("schedule", "list").out.splitlines()
    assert [line.split()[:2] for line in listed[1:]] == [
        ["nightly", installed["kind"].split()[0]],
        ["weekly", "nothing"],
    ]
    assert listed[2].endswith("kwtui schedule install weekly")
    wrong = kwtui.run("schedule", "install", "nightly", "--timer", "cron")
    assert wrong.code == 2
    assert "written for systemd" in wrong.err
    next(tmp_path.rglob("weekly.toml")).unlink()
    file = next(tmp_path.rglob("nightly.toml"))
    text = file.read_text("utf-8")
    file.unlink()
    (orphan,) = kwtui.run("schedule", "status", "--json").object["schedules"]
    assert orphan["problem"] == "the policy is gone: kwtui schedule remove nightly"
    assert kwtui.run("schedule", "remove", "nightly").code == 0
    assert not any(Path(place).exists() for place in installed["places"])
    assert kwtui.run("schedule", "remove", "nightly").code == 33
    file.write_text(text, "utf-8")
    assert kwtui.run("schedule", "status", "nightly").out == "No timer runs it on this host.\n"

    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/keep_last = 3/keep_last = 9/' \"$1\"\n")
    editor.chmod(0o755)
    kwtui.environment["EDITOR"] = str(editor)
    for _ in range(2):
        assert kwtui.run("policy", "edit", "nightly").code == 0
    entries = kwtui.run("report", "--json").object["entries"]
    assert [(entry["action"], entry["words"]) for entry in entries] == [
        ("policy-add", "the policy nightly for *"),
        ("policy-remove", "the policy nightly"),
        ("policy-add", "the policy nightly for *"),
        ("schedule-install", f"the policy nightly is run by {installed['kind']}"),
        ("policy-add", "the policy weekly for *"),
        ("schedule-remove", f"the policy nightly is not run by {installed['kind']} any more"),
        ("policy-edit", "the policy nightly: retention.keep_last"),
    ], "what was refused, and what changed nothing, is no entry"
    assert all(entry["who"] and entry["at"] for entry in entries)
    assert "policy-edit" in kwtui.run("report").out


def test_a_damaged_old_backup_stops_neither_the_others_nor_the_retention(
    demo_sandbox: SandboxNode, tmp_path: Path
) -> None:
    kwtui = CommandLine(tmp_path, demo_sandbox)
    assert kwtui.run("policy", "add", "nightly", "--databases", "shop").code == 0
    file = next(tmp_path.rglob("nightly.toml"))
    text = file.read_text("utf-8").replace("keep_last = 3\nkeep_daily = 7\nkeep_weekly = 4", "")
    text = text.replace("[retention]", "[retention]\nkeep_last = 1")
    text = text.replace('drill_every = "7d"\n', "").replace("[backup]", "")
    file.write_text(text.replace("format = 1", "format = 1\n"), "utf-8")
    damaged = kwtui.backup("shop")["path"]
    old = kwtui.backup("shop")["path"]
    manifest = demo_sandbox.extern / damaged / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:3000])
    done = kwtui.run("policy", "run", "nightly", *kwtui.server)
    assert done.code == 0, done.out + done.err
    assert not (demo_sandbox.extern / old).exists(), "retention let it go all the same"
    assert manifest.exists(), "what is damaged is for a person to decide"


def test_a_run_that_cannot_reach_its_server_is_remembered_and_told(tmp_path: Path) -> None:
    kwtui = CommandLine(tmp_path)
    assert kwtui.run("policy", "add", "nightly").code == 0
    told = tmp_path / "told"
    file = next(tmp_path.rglob("nightly.toml"))
    command = json.dumps(["sh", "-c", f"cat > {told}"])
    file.write_text(file.read_text().replace("[notify]", f"[notify]\ncommand = {command}"))
    nowhere = ("--dsn", "postgresql://root@127.0.0.1:1/?sslmode=disable")
    assert kwtui.run("policy", "run", "nightly", "--dry-run", *nowhere).code == 10
    assert not told.exists(), "nobody is told of a question"
    assert kwtui.run("policy", "run", "nightly", *nowhere).code == 10
    assert json.loads(told.read_text())["event"] == "failure"
    history = kwtui.run("policy", "show", "nightly", "--json").object["history"]
    assert [event["event"] for event in history] == ["began", "ended", "noticed"]
    assert history[1]["ok"] is False
