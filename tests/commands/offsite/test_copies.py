"""Off-site copies from the command line: the plan first, then a run, and what is left of it."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from kwtui.backups.layout.location import SetLocation
from kwtui.errors import ExitCode, KwtuiError
from kwtui.offsite.archive import CopyLevel
from kwtui.offsite.checking import check_copy
from kwtui.offsite.keys import make_key
from kwtui.offsite.optional_packages import age_module, s3_module, zstd_module
from tests.backups.builder import make_set
from tests.command_line import CommandLine
from tests.conftest import SandboxNode
from tests.faults.disks import fill_up, small_disk
from tests.offsite.copying import STARTED, push, target_in, two_sets

IDENTITY = "AGE-SECRET-KEY-"


@pytest.fixture
def home(tmp_path: Path) -> CommandLine:
    secret = {"AWS_SECRET_ACCESS_KEY": "hush-hush-hush"}
    return CommandLine(tmp_path / "home", environment=secret)


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    (tmp_path / "extern").mkdir()
    return tmp_path / "extern"


@pytest.fixture
def away(tmp_path: Path) -> Path:
    (tmp_path / "away").mkdir()
    return tmp_path / "away"


def send(home: CommandLine, away: Path, location: SetLocation) -> None:
    """Without a process for it; checked to O1."""
    target = target_in(away)
    sent = push(target, location, home.state / "state")
    assert check_copy(target, sent.archive, CopyLevel.O1).ok


def listed(home: CommandLine, target: str) -> dict[str, object]:
    found = home.run("offsite", "list", target, "--json").object["copies"]
    return {copy["path"]: copy["level"] for copy in found}


def test_a_database_goes_away_and_comes_back(
    home: CommandLine, extern: Path, away: Path, tmp_path: Path
) -> None:
    files = ("--extern", str(extern))
    key = tmp_path / "key"
    public = home.run("offsite", "keygen", str(key), "--json").object["public_key"]
    assert key.stat().st_mode & 0o777 == 0o600
    added = home.run("offsite", "add", "vault", f"file://{away}", "--recipient", public)
    assert added.code == 0, added.err
    _, newest = two_sets(extern, home.state / "state")

    shown = home.run("offsite", "push", "--database", "shop", "vault", *files)
    assert (shown.code, "Nothing was sent" in shown.out) == (0, True)
    assert not list(away.iterdir())
    sent = home.run("offsite", "push", newest.path, "vault", "--level", "O2", "--yes", *files)
    assert sent.code == 0, sent.err
    again = home.run("offsite", "push", newest.path, "vault", "--yes", "--json", *files)
    assert [step["id"] for step in again.objects if step.get("event") == "send"] == []
    assert listed(home, "vault") == {newest.path: 2}
    checked = home.run("offsite", "check", "vault", "--level", "O3", "--identity", str(key))
    assert (checked.code, "proven to O3" in checked.out) == (0, True)
    recorded = home.run("report", "--database", "shop", "--json").object["entries"]
    assert [e["action"] for e in recorded if e["outcome"] == "succeeded"] == [
        *("offsite", "offsite", "offsite-check")
    ]

    plans = sorted(path.name for path in (away / "kwtui/shop").glob("RECOVERY-*"))
    assert len(plans) == 2, "made for the first push; the second put its own in their place"
    assert all(name.endswith(".md.age") for name in plans)
    told = home.run("rescue", "vault", "--list")
    assert "Recovery plan of shop, 20" in told.err
    assert "kwtui rescue vault --plan shop --identity FILE" in told.err
    plan = home.run("rescue", "vault", "--plan", "shop", "--identity", str(key))
    assert (plan.code, "kwtui runbook shop" in plan.out) == (0, True), plan.err
    assert home.run("rescue", "vault", "--plan", "shop").code == ExitCode.AUTHENTICATION_FAILED

    (tmp_path / "other").mkdir()
    back = ("--extern", str(tmp_path / "other"), "--identity", str(key), "--yes")
    assert home.run("offsite", "fetch", "vault", newest.path, *back).code == 0
    assert home.run("verify", newest.path, "--extern", str(tmp_path / "other")).code == 0
    twice = home.run("offsite", "fetch", "vault", newest.path, *back)
    assert twice.code == ExitCode.NAME_TAKEN

    private = key.read_text().splitlines()[-1]
    kept = b"".join(p.read_bytes() for p in home.state.rglob("*") if p.is_file())
    kept += b"".join(p.read_bytes() for p in away.rglob("*") if p.is_file())
    for secret in (private, IDENTITY, "hush-hush-hush"):
        assert secret.encode() not in kept
        assert secret not in shown.out + sent.out + sent.err + checked.out


def test_rules_of_the_target_thin_it_out_and_keep_what_is_proven(
    home: CommandLine, extern: Path, away: Path
) -> None:
    url = f"file://{away}"
    sets = [
        make_set(extern, home.state / "state", started=STARTED + timedelta(days=n))
        for n in range(3)
    ]
    for one in sets:
        send(home, away, one)
    oldest, middle, newest = (one.path for one in sets)

    assert home.run("offsite", "prune", url).code == ExitCode.USAGE
    shown = home.run("offsite", "prune", url, "--keep-last", "1", "--json").object
    assert [step["subject"] for step in shown["plan"]["steps"]] == [middle, oldest]
    pruned = home.run("offsite", "prune", url, "--keep-last", "1", "--yes")
    assert pruned.code == 0, pruned.err
    began = home.run("report", "--json").object["entries"][-2]
    assert began["words"].endswith(f"{middle}, {oldest}"), "what goes is named"
    # The newest one needs the oldest one's parts: they stay, and are no copy.
    assert {p: level for p, level in listed(home, url).items() if level is not None} == {newest: 1}
    assert home.run("offsite", "check", url, "--level", "O3").code == 0
    none = home.run("offsite", "prune", url, "--keep-last", "1", "--min-proof", "O2", "--yes")
    assert none.code == 0
    assert newest in listed(home, url)


def test_nothing_is_removed_while_an_archive_cannot_be_read(
    home: CommandLine, extern: Path, away: Path
) -> None:
    url = f"file://{away}"
    first, second = two_sets(extern, home.state / "state")
    for one in (first, second):
        send(home, away, one)
    (away / second.path / "archive.json").write_text("{")
    for rule in (("--keep-last", "1"), ("--leftovers",)):
        before = {path: path.read_bytes() for path in away.rglob("*") if path.is_file()}
        shown = home.run("offsite", "prune", url, *rule, "--json").object["plan"]
        done = home.run("offsite", "prune", url, *rule, "--yes")
        assert done.code == (ExitCode.BACKUP_DAMAGED if shown["steps"] else 0)
        assert {path: path.read_bytes() for path in away.rglob("*") if path.is_file()} == before


def test_a_full_target_has_its_exit_code_and_the_next_push_goes_on(
    home: CommandLine, extern: Path, tmp_path: Path
) -> None:
    location = make_set(extern, home.state / "state")
    with small_disk(tmp_path / "small", 4) as disk:
        fill_up(disk / "filler")
        words = ("offsite", "push", location.path, f"file://{disk}", "--yes", "--extern")
        done = home.run(*words, str(extern))
        assert done.code == ExitCode.DISK_FULL, done.err
        assert not list(disk.rglob("archive.json"))
        (disk / "filler").unlink()
        assert home.run(*words, str(extern)).code == 0


def test_a_damaged_set_is_not_sent(home: CommandLine, extern: Path, away: Path) -> None:
    """Of the same size, so that no listing sees it."""
    location = make_set(extern, home.state / "state")
    file = next(location.data.rglob("*.csv"))
    content = file.read_bytes()
    file.write_bytes(content.replace(content[:1], b"9", 1))
    words = ("offsite", "push", location.path, f"file://{away}", "--yes", "--extern")
    done = home.run(*words, str(extern))
    assert done.code == ExitCode.BACKUP_DAMAGED, done.err
    assert not list(away.rglob("archive.json"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("push", "vault"), ExitCode.USAGE),
        (("push", "kwtui/shop/20261122T082035Z", "vualt"), ExitCode.USAGE),
        (("list", "sftp://me:hush@host/x"), ExitCode.USAGE),
        (("list", "/nonexistent/vault"), ExitCode.NOT_FOUND),
        (("fetch", "/srv", "kwtui/x"), ExitCode.USAGE),
    ],
)
def test_what_cannot_be_is_told(
    home: CommandLine, extern: Path, words: tuple[str, ...], code: ExitCode
) -> None:
    done = home.run("offsite", *words, "--extern", str(extern))
    assert done.code == code, done.err
    assert "hush" not in done.out + done.err


@pytest.mark.parametrize("module", ["backports.zstd", "pyrage", "obstore"])
def test_without_its_packages_the_extra_is_named(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = {"backports.zstd": zstd_module, "pyrage": age_module, "obstore": s3_module}[module]
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(KwtuiError) as told:
        load()
    assert module.replace(".", "-") in told.value.cause
    assert "Install the extra offsite: " in told.value.hint
    assert "pyrage<2" in told.value.hint


@pytest.mark.slow
def test_a_copy_is_drilled_from_where_it_lies(
    tmp_path: Path, away: Path, demo_sandbox: SandboxNode
) -> None:
    here = CommandLine(tmp_path / "home", demo_sandbox)
    made = here.run("backup", "shop", "--json", *here.server)
    assert made.code == 0, made.err
    path = made.objects[-1]["result"]["path"]
    url = f"file://{away}"
    assert here.run("offsite", "push", path, url, "--yes", *here.files).code == 0
    done = here.run("offsite", "drill", url, path)
    assert done.code == 0, done.err
    assert listed(here, url) == {path: 4}
    assert here.run("report", "--json").object["entries"][-1]["action"] == "offsite-drill"
    assert not list((here.state / "state" / "offsite").glob("drill-*"))


def test_a_run_gets_the_passphrase_of_a_key_by_a_pipe(
    home: CommandLine, extern: Path, away: Path, tmp_path: Path
) -> None:
    age = pytest.importorskip("pyrage")
    plain, key = tmp_path / "plain", tmp_path / "key"
    public = make_key(plain, STARTED)
    key.write_bytes(age.passphrase.encrypt(plain.read_bytes(), "open sesame"))
    location = make_set(extern, home.state / "state")
    push(target_in(away), location, home.state / "state", (public,))
    (tmp_path / "other").mkdir()
    given = ("--identity", str(key), "--extern", str(tmp_path / "other"), "--yes")
    fetch = ("offsite", "fetch", f"file://{away}", location.path, *given)
    closed = home.run(*fetch)
    assert closed.code == ExitCode.AUTHENTICATION_FAILED
    assert "protected by a passphrase" in closed.err
    brought = subprocess.run(
        home.command(*fetch, "--passphrase-stdin"),
        input="open sesame\n",
        capture_output=True,
        text=True,
        env=home.variables(),
        check=False,
    )
    assert brought.returncode == 0, brought.stderr
    kept = b"".join(p.read_bytes() for p in home.state.rglob("*") if p.is_file())
    assert b"open sesame" not in kept
