"""Passwords come from where the person put them, in a fixed order, and show nowhere."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection import passwords as secrets
from kwtui.server.connection.passwords import (
    find_password,
    match_passfile,
    run_password_command,
    why_passfile_is_ignored,
)
from kwtui.server.connection.target import Target

NOTHING: dict[str, str] = {}


def printing(text: str, code: int = 0) -> str:
    script = f"import sys; sys.stdout.write({text!r}); sys.exit({code})"
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(script)}"


@pytest.fixture
def passfile(tmp_path: Path) -> Path:
    path = tmp_path / "pass"
    path.write_text("*:*:*:root:from-file\n")
    path.chmod(0o600)
    return path


async def test_the_order_of_the_sources(passfile: Path) -> None:
    async def prompt(_: Target) -> str:
        return "typed"

    target = Target(
        password="given", passfile=str(passfile), password_command=printing("from-command\n")
    )
    order = []
    found = await find_password(target, prompt=prompt, environ={"PGPASSWORD": "env"})
    order.append(found)
    target = target.with_password(None)
    order.append(await find_password(target, prompt=prompt, environ={"PGPASSWORD": "env"}))
    order.append(await find_password(target, prompt=prompt, environ=NOTHING))
    target = Target(password_command=printing("from-command\n"))
    order.append(await find_password(target, prompt=prompt, environ=NOTHING))
    order.append(await find_password(Target(), prompt=prompt, environ=NOTHING))
    assert [s.password for s in order if s] == [
        "given",
        "env",
        "from-file",
        "from-command",
        "typed",
    ]
    assert await find_password(Target(), environ=NOTHING) is None


async def test_a_secret_does_not_show_in_its_repr() -> None:
    found = await find_password(Target(password="s3cret"), environ=NOTHING)
    assert "s3cret" not in repr(found)


async def test_an_empty_answer_to_the_prompt_is_no_password() -> None:
    async def prompt(_: Target) -> str:
        return ""

    assert await find_password(Target(), prompt=prompt, environ=NOTHING) is None


@pytest.fixture
def public_passfile(passfile: Path) -> Path:
    passfile.chmod(0o640)
    return passfile


async def test_a_passfile_that_others_can_read_is_refused(public_passfile: Path) -> None:
    passfile = public_passfile
    with pytest.raises(KwtuiError) as caught:
        await find_password(Target(passfile=str(passfile)), environ=NOTHING)
    assert "chmod 600" in caught.value.hint
    assert "from-file" not in "".join(caught.value.lines())
    # One that is only there by convention is passed over, as libpq does.
    assert await find_password(Target(), environ={"PGPASSFILE": str(passfile)}) is None


async def test_a_missing_passfile_matters_only_if_the_target_names_it(tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    with pytest.raises(KwtuiError) as caught:
        await find_password(Target(passfile=missing), environ=NOTHING)
    assert caught.value.exit_code is ExitCode.AUTHENTICATION_FAILED
    assert await find_password(Target(), environ={"PGPASSFILE": missing}) is None
    assert await find_password(Target(), environ={"HOME": str(tmp_path)}) is None


@pytest.fixture
def home(passfile: Path) -> Path:
    passfile.rename(passfile.with_name(".pgpass"))
    return passfile.parent


async def test_the_passfile_of_the_home_directory_is_found(home: Path) -> None:
    found = await find_password(Target(), environ={"HOME": str(home)})
    assert found is not None
    assert found.password == "from-file"


def test_the_first_line_that_fits_wins() -> None:
    text = (
        "# comment\n"
        "\n"
        "other:*:*:*:no\n"
        "127.0.0.1:26257:defaultdb:op:no\n"
        r"127.0.0.1:*:defaultdb:root:a\:b\\c:d" + "\n"
        "*:*:*:*:late\n"
    )
    assert match_passfile(text, Target()) == r"a:b\c:d"
    assert match_passfile(text, Target(user="x")) == "late"
    assert match_passfile("short:line\n", Target()) is None


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1))
def test_any_password_survives_the_escapes_of_a_passfile(password: str) -> None:
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    assert match_passfile(f"*:*:*:*:{escaped}\n", Target()) == password


async def test_only_the_first_line_of_a_command_counts() -> None:
    assert await run_password_command(printing("pass word \r\nrest\n")) == "pass word "


async def test_no_shell_reads_the_command() -> None:
    with pytest.raises(KwtuiError):
        await run_password_command("echo-nothing-like-this; echo x")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (printing("s3cret\n", 3), "exit code 3"),
        (printing(""), "printed no password"),
        (printing("\n"), "printed no password"),
        ("'unbalanced", "cannot be read"),
        ("", "cannot be read"),
        ("/nonexistent/command", "cannot be started"),
    ],
)
async def test_a_command_that_fails_is_named_without_its_output(command: str, words: str) -> None:
    with pytest.raises(KwtuiError) as caught:
        await run_password_command(command)
    assert words in caught.value.title
    assert caught.value.exit_code is ExitCode.AUTHENTICATION_FAILED
    assert "s3cret" not in "".join(caught.value.lines()).replace(command, "")


async def test_a_command_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_TIMEOUT", 0.05)
    with pytest.raises(KwtuiError) as caught:
        await run_password_command("sleep 30")
    assert "did not finish" in caught.value.title


async def test_a_passfile_that_is_passed_over_says_why(tmp_path: Path) -> None:
    """PGPASSFILE with mode 644: the person wonders why a password is asked for."""
    passfile = tmp_path / "pass"
    passfile.write_text("*:*:*:*:secret")
    passfile.chmod(0o644)
    environ = {"PGPASSFILE": str(passfile)}
    assert await find_password(Target(), environ=environ) is None
    why = why_passfile_is_ignored(Target(), environ=environ)
    assert f"{passfile} can be read by others" in why
    assert f"chmod 600 {passfile}" in why
    assert "secret" not in why
    passfile.chmod(0o600)
    assert why_passfile_is_ignored(Target(), environ=environ) == ""
    assert why_passfile_is_ignored(Target(), environ={"HOME": str(tmp_path)}) == ""
