"""Commands that screens copy: pasted into a shell they do the same, and hold no password."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.config.profiles import Profile, TlsMode
from kwtui.controller.commands import options_of
from kwtui.errors import KwtuiError
from kwtui.server.connection.target import Target, parse_dsn, target_from_profile

EXTERN = Path("/var/lib/kaiwudb/extern")
SAVED = Profile("prod", host="db1.example", store="/var/lib/kaiwudb")


def test_a_profile_says_everything() -> None:
    options = options_of(target_from_profile(SAVED), EXTERN, lambda: [SAVED])
    assert options == ["--profile", "prod"]


def test_folders_that_were_given_beside_the_profile_are_given_again() -> None:
    from dataclasses import replace

    target = replace(target_from_profile(SAVED), extern="/mnt/copy", logs="/mnt/logs")
    options = options_of(target, Path("/mnt/copy"), lambda: [SAVED])
    assert options == ["--profile", "prod", "--extern", "/mnt/copy", "--logs", "/mnt/logs"]


def test_a_profile_that_is_forgotten_or_broken_by_now_is_not_named() -> None:
    def broken() -> list[Profile]:
        raise KwtuiError("The profiles cannot be read.")

    target = target_from_profile(SAVED)
    for profiles in (lambda: [], broken):
        options = options_of(target, EXTERN, profiles)
        assert options[0] == "--dsn"
        assert "--profile" not in options


def test_without_a_profile_the_url_has_no_password() -> None:
    target = Target(
        "db one", 26258, "ro/ot", tls=TlsMode.VERIFY_CA, sslrootcert="/c a.crt",
        passfile="/home/me/.pgpass", password="geheim&1",
    )  # fmt: skip
    options = options_of(target, EXTERN, list)
    assert "geheim" not in " ".join(options)
    assert options[2:] == ["--extern", str(EXTERN)]
    read = parse_dsn(options[1])
    assert read["user"] == "ro/ot"
    assert read["sslrootcert"] == "/c a.crt"
    assert read["passfile"] == "/home/me/.pgpass"


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        ("/var/lib/kaiwudb", ["--store", "/var/lib/kaiwudb"]),
        ("/data", ["--extern", str(EXTERN), "--store", "/data"]),
        (None, ["--extern", str(EXTERN)]),
    ],
)
def test_the_store_says_where_extern_is_if_it_lies_in_it(
    store: str | None, expected: list[str]
) -> None:
    assert options_of(Target(store=store), EXTERN, list)[2:] == expected


def test_without_a_server_the_folder_is_enough() -> None:
    assert options_of(None, EXTERN, list) == ["--extern", str(EXTERN)]
    assert options_of(None, None, list) == []
