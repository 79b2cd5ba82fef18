"""A server is named by a profile, a DSN or the environment; secrets never show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kwtui.config import profiles as config
from kwtui.config.profiles import Environment, Profile, TlsMode
from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.target import (
    Target,
    is_dsn,
    resolve_target,
    target_from_profile,
)

NOTHING: dict[str, str] = {}


def test_nothing_given_means_a_node_on_this_machine_with_tls() -> None:
    target = resolve_target(environ=NOTHING)
    assert (target.host, target.port, target.user) == ("127.0.0.1", 26257, "root")
    assert target.database == "defaultdb"
    assert target.tls is TlsMode.VERIFY_FULL
    assert target.is_local


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://op:s3cret@db.example.com:26258/shop?sslmode=require",
        "postgres://op:s3cret@db.example.com:26258/shop?sslmode=require",
        "host=db.example.com port=26258 user=op password=s3cret dbname=shop sslmode=require",
    ],
)
def test_urls_and_pairs_mean_the_same(dsn: str) -> None:
    target = resolve_target(dsn=dsn, environ=NOTHING)
    assert target == Target(
        host="db.example.com", port=26258, user="op", database="shop", tls=TlsMode.REQUIRE
    )
    assert target.password == "s3cret"


def test_the_password_of_a_dsn_shows_nowhere() -> None:
    target = resolve_target(dsn="postgresql://op:s3cret@h/d", environ=NOTHING)
    shown = [
        repr(target),
        str(target),
        target.redacted,
        target.label,
        json.dumps(target.as_dict()),
    ]
    assert not any("s3cret" in text for text in shown)
    assert Target.from_dict(target.as_dict()).password is None


def test_a_broken_dsn_is_explained_without_its_text() -> None:
    with pytest.raises(KwtuiError) as caught:
        resolve_target(dsn="postgresql://op:s3cret@h:port:2/d", environ=NOTHING)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "s3cret" not in repr(caught.value) + "".join(caught.value.lines())
    assert caught.value.__cause__ is None


def test_the_redacted_url_leads_to_the_same_target() -> None:
    target = Target(
        host="::1",
        user="a b@c",
        database="my/db",
        tls=TlsMode.VERIFY_CA,
        sslrootcert="/certs/ca & co.crt",
    )
    assert resolve_target(dsn=target.redacted, environ=NOTHING) == target


def test_what_a_dsn_leaves_out_comes_from_the_environment() -> None:
    environ = {
        "PGHOST": "elsewhere",
        "PGPORT": "1234",
        "PGUSER": "op",
        "PGDATABASE": "shop",
        "PGSSLMODE": "disable",
    }
    assert resolve_target(environ=environ) == Target(
        host="elsewhere", port=1234, user="op", database="shop", tls=TlsMode.DISABLE
    )
    assert resolve_target(dsn="postgresql://teller@h", environ=environ) == Target(
        host="h", port=1234, user="teller", database="shop", tls=TlsMode.DISABLE
    )


def test_a_profile_says_everything_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    profile = Profile(name="shop", host="here", environment=Environment.TEST)
    target = resolve_target(profile=profile)
    assert (target.host, target.profile, target.label) == ("here", "shop", "shop")
    assert Target.from_dict(target.as_dict()) == target


def test_a_name_stands_for_a_saved_profile_wherever_a_dsn_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KWTUI_CONFIG_DIR", str(tmp_path))
    config.save_profile(Profile(name="shop", host="here"))
    assert resolve_target(dsn="shop").host == "here"
    assert resolve_target(profile="shop").host == "here"
    assert resolve_target(profile="postgresql://there", environ=NOTHING).host == "there"


@pytest.mark.parametrize("mode", ["prefer", "allow"])
def test_modes_that_may_fall_back_to_clear_text_are_refused_with_the_reason(mode: str) -> None:
    for arguments in (
        {"dsn": f"postgresql://h?sslmode={mode}", "environ": NOTHING},
        {"environ": {"PGSSLMODE": mode}},
    ):
        with pytest.raises(KwtuiError) as caught:
            resolve_target(**arguments)
        assert mode in caught.value.title
        assert "in clear" in caught.value.hint


@pytest.mark.parametrize(
    ("dsn", "words"),
    [
        ("postgresql://a,b/d", "More than one host"),
        ("postgresql://h?sslmode=maybe", "unknown"),
        ("postgresql://h?replication=database", "does not use: replication"),
        ("postgresql://h?connect_timeout=never", "connect_timeout must be a number"),
        ("host=h port=0", "port must be a number"),
    ],
)
def test_what_makes_no_sense_is_refused(dsn: str, words: str) -> None:
    with pytest.raises(KwtuiError) as caught:
        resolve_target(dsn=dsn, environ=NOTHING)
    assert words in caught.value.title
    assert caught.value.exit_code is ExitCode.USAGE


def test_both_a_dsn_and_a_profile_are_one_too_many() -> None:
    with pytest.raises(KwtuiError):
        resolve_target(dsn="postgresql://h", profile=Profile(name="p"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("postgresql://h", True), ("postgres://h", True), ("host=h", True), ("shop", False)],
)
def test_what_counts_as_a_dsn(text: str, expected: bool) -> None:
    assert is_dsn(text) is expected


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("/run/kwdb", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
    ],
)
def test_which_servers_are_on_this_machine(host: str, local: bool) -> None:
    assert Target(host=host).is_local is local


def test_without_tls_a_password_goes_only_where_the_person_said_so() -> None:
    said = target_from_profile(
        Profile(name="p", tls=TlsMode.DISABLE, allow_cleartext_password=True)
    )
    assert said.may_send_password
    assert not Target(tls=TlsMode.DISABLE).may_send_password
    assert Target(tls=TlsMode.REQUIRE).may_send_password
