"""A sandbox in secure mode: whom it lets in and whom not, as recorded on a node (recording 11)."""

from __future__ import annotations

import os
import shutil
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kwtui.config.profiles import TlsMode
from kwtui.errors import ExitCode, KwtuiError
from kwtui.sandbox.control import manage
from kwtui.sandbox.node import certificates
from kwtui.sandbox.node.certificates import Authority, Certificates
from kwtui.server.connection.server import connect
from kwtui.server.connection.target import Target, resolve_target


@dataclass(frozen=True)
class Secure:
    """A sandbox that runs in secure mode."""

    info: manage.SandboxInfo
    files: Certificates

    def dsn(self, **options: str) -> str:
        words = {
            "host": "127.0.0.1",
            "port": str(self.info.port),
            "dbname": "defaultdb",
            "sslrootcert": str(self.files.ca),
            "connect_timeout": "10",
            **options,
        }
        return " ".join(f"{key}='{value}'" for key, value in words.items() if value)

    def as_root(self, **options: str) -> str:
        """With root's certificate."""
        files = {
            "sslcert": str(self.files.client("root")),
            "sslkey": str(self.files.client_key("root")),
        }
        return self.dsn(**{"user": "root", "sslmode": "verify-full", **files, **options})

    def target(self, **changes: object) -> Target:
        assert self.info.dsn
        target = resolve_target(dsn=self.info.dsn, environ={})
        return Target(**{**vars(target), **changes})


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    home = tmp_path_factory.mktemp("secure") / "sandbox"
    os.environ["KWTUI_SANDBOX_ROOT_PASSWORD"] = "r00t"
    try:
        info = manage.start(home, empty=True, tls=True)
        assert info.certs is not None
        node = Secure(info, Certificates(Path(info.certs)))
        with psycopg.connect(node.as_root(), autocommit=True) as db:
            db.execute("CREATE USER op WITH PASSWORD 'secret'")
            db.execute("CREATE USER old WITH PASSWORD 'secret' VALID UNTIL '2020-01-01'")
            db.execute("CREATE USER nologin_user WITH PASSWORD 'secret' NOLOGIN")
        yield node
    finally:
        del os.environ["KWTUI_SANDBOX_ROOT_PASSWORD"]
        manage.stop(home)


def _whoami(dsn: str) -> tuple[str, bool]:
    """The user, and whether the connection is encrypted."""
    with psycopg.connect(dsn, autocommit=True) as db:
        row = db.execute("SELECT current_user").fetchone()
        assert row is not None
        return row[0], bool(db.pgconn.ssl_in_use)


def test_the_certificates_are_named_and_kept_as_a_nodes(secure: Secure) -> None:
    names = {path.name for path in secure.files.root.iterdir()}
    assert names == {
        "ca.crt",
        "ca.key",
        "node.crt",
        "node.key",
        "client.root.crt",
        "client.root.key",
    }
    for path in secure.files.root.iterdir():
        assert path.stat().st_mode & (0o077 if path.suffix == ".key" else 0o027) == 0


def test_the_connection_that_start_prints_is_proven_on_both_sides(secure: Secure) -> None:
    assert secure.info.dsn
    assert "sslmode=verify-full" in secure.info.dsn
    assert _whoami(secure.info.dsn) == ("root", True)


@pytest.mark.parametrize(
    ("options", "encrypted"),
    [
        ({"sslmode": "verify-full"}, True),
        ({"sslmode": "require"}, True),
        ({"sslmode": "prefer"}, True),
        ({"sslmode": "disable"}, False),
        ({"sslmode": "require", "dbname": "nowhere"}, True),
    ],
)
def test_a_password_is_taken_with_and_without_tls(
    secure: Secure, options: dict[str, str], encrypted: bool
) -> None:
    dsn = secure.dsn(**{"user": "op", "password": "secret", **options})
    assert _whoami(dsn) == ("op", encrypted)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"user": "op", "password": "wrong"}, "password authentication failed for user op"),
        ({"user": "ghost", "password": "secret"}, "password authentication failed for user ghost"),
        ({"user": "op"}, "no password supplied"),
        ({"user": "old", "password": "secret"}, "password is expired"),
        ({"user": "nologin_user", "password": "secret"}, "does not have login privilege"),
    ],
)
def test_who_proves_nothing_stays_out(
    secure: Secure, options: dict[str, str], message: str
) -> None:
    with pytest.raises(psycopg.OperationalError, match=message):
        psycopg.connect(secure.dsn(**{"sslmode": "require", **options}))


def test_a_certificate_is_for_one_user_only(secure: Secure) -> None:
    message = r"requested user is op, but certificate is for \[root\]"
    with psycopg.connect(secure.as_root()), pytest.raises(psycopg.OperationalError, match=message):
        psycopg.connect(secure.as_root(user="op"))


def test_another_user_can_be_given_a_certificate(secure: Secure, tmp_path: Path) -> None:
    shutil.copytree(secure.files.root, tmp_path / "certs")
    files = Certificates(tmp_path / "certs")
    certificates.make_client(files, _signer(files), "op")
    dsn = secure.as_root(
        user="op", sslcert=str(files.client("op")), sslkey=str(files.client_key("op"))
    )
    assert _whoami(dsn) == ("op", True)


def _signer(files: Certificates) -> Authority:
    """The CA of a directory, to sign more."""
    key = serialization.load_pem_private_key(files.ca_key.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return Authority(x509.load_pem_x509_certificate(files.ca.read_bytes()), key)


def _unproven(secure: Secure, folder: Path, authority: str) -> Certificates:
    """A certificate for root that has run out, or that another CA signed."""
    shutil.copytree(secure.files.root, folder / "certs")
    files = Certificates(folder / "certs")
    if authority == "another":
        certificates.make_client(files, certificates.make_authority(files), "root")
    else:
        certificates.make_client(files, _signer(files), "root", life=timedelta(days=-1))
    return files


@pytest.mark.parametrize(
    ("authority", "alert"), [("the same", "certificate expired"), ("another", "unknown ca")]
)
def test_a_certificate_that_proves_nothing_is_refused(
    secure: Secure, tmp_path: Path, authority: str, alert: str
) -> None:
    files = _unproven(secure, tmp_path, authority)
    dsn = secure.as_root(sslcert=str(files.client("root")), sslkey=str(files.client_key("root")))
    with pytest.raises(psycopg.OperationalError, match=alert):
        _whoami(dsn)


def test_large_statements_and_results_pass_through_tls(secure: Secure) -> None:
    text = "x" * 3_000_000
    with psycopg.connect(secure.as_root(), autocommit=True) as db:
        row = db.execute(f"SELECT '{text}', length('{text}')").fetchone()
    assert row == (text, len(text))


def test_the_nodes_pages_are_encrypted_and_want_a_login(secure: Secure) -> None:
    with psycopg.connect(secure.as_root(), autocommit=True) as db:
        row = db.execute(
            "SELECT value FROM kwdb_internal.node_runtime_info"
            " WHERE component = 'UI' AND field = 'URL'"
        ).fetchone()
        args = db.execute("SELECT args FROM kwdb_internal.kv_node_status").fetchone()
    assert row is not None
    assert args is not None
    assert urlsplit(row[0]).scheme == "https"
    assert f"--certs-dir={secure.files.root}" in args[0]
    context = ssl.create_default_context(cafile=str(secure.files.ca))
    with urllib.request.urlopen(f"{row[0]}/health", context=context) as answer:  # noqa: S310
        assert answer.status == 200


def test_an_insecure_sandbox_that_runs_is_not_taken_for_a_secure_one(tmp_path: Path) -> None:
    home = tmp_path / "sandbox"
    manage.start(home, empty=True)
    try:
        with pytest.raises(manage.ManageError, match="already runs, without TLS"):
            manage.start(home, tls=True)
    finally:
        manage.stop(home)


# -- what kwtui makes of it --------------------------------------------------------------------


async def test_kwtui_connects_with_roots_certificate(secure: Secure) -> None:
    server = await connect(secure.target())
    assert server.tls
    await server.close()


async def test_kwtui_connects_with_a_password(secure: Secure) -> None:
    target = secure.target(user="op", password="secret", sslcert=None, sslkey=None)
    server = await connect(target)
    assert server.tls
    await server.close()


def _private_copy(source: Path, folder: Path) -> Path:
    made = folder / f"copy-of-{source.name}"
    shutil.copyfile(source, made)
    made.chmod(0o600)
    return made


@pytest.fixture
def mistakes(secure: Secure, tmp_path: Path) -> dict[str, dict[str, object]]:
    """Ways to get TLS wrong, by name."""
    other = certificates.ensure(tmp_path / "other")
    exposed = tmp_path / "open.key"
    shutil.copyfile(secure.files.client_key("root"), exposed)
    exposed.chmod(0o644)
    return {
        "wrong CA": {"sslrootcert": str(other.ca)},
        "no CA": {"sslrootcert": str(tmp_path / "nowhere.crt")},
        "wrong host": {"host": "localhost.localdomain", "hostaddr": "127.0.0.1"},
        "no key": {"sslkey": str(tmp_path / "nowhere.key")},
        "no key inside": {"sslkey": str(_private_copy(secure.files.ca, tmp_path))},
        "open key": {"sslkey": str(exposed)},
        "key of another": {"sslkey": str(other.client_key("root"))},
    }


@pytest.mark.parametrize(
    ("mistake", "title"),
    [
        ("wrong CA", "not signed by the given CA"),
        ("no CA", "CA certificate to verify the server was not found"),
        ("wrong host", "not for localhost.localdomain"),
        ("no key", "The client key was not found."),
        ("no key inside", "The client key cannot be used."),
        ("open key", "The client key cannot be used."),
        ("key of another", "The client key does not belong to the client certificate."),
    ],
)
async def test_kwtui_says_what_is_wrong_with_tls(
    secure: Secure, mistakes: dict[str, dict[str, object]], mistake: str, title: str
) -> None:
    with pytest.raises(KwtuiError) as caught:
        await connect(secure.target(tls=TlsMode.VERIFY_FULL, **mistakes[mistake]))
    assert caught.value.exit_code is ExitCode.TLS_FAILED
    assert title in caught.value.title
    assert caught.value.hint


@pytest.mark.parametrize(
    ("authority", "title"),
    [
        ("the same", "The server rejected the client certificate: it has expired."),
        ("another", "The server rejected the client certificate."),
    ],
)
async def test_kwtui_says_that_the_node_refuses_the_client_certificate(
    secure: Secure, tmp_path: Path, authority: str, title: str
) -> None:
    files = _unproven(secure, tmp_path, authority)
    cert, key = str(files.client("root")), str(files.client_key("root"))
    with pytest.raises(KwtuiError) as caught:
        await connect(secure.target(sslcert=cert, sslkey=key))
    assert caught.value.exit_code is ExitCode.TLS_FAILED
    assert caught.value.title == title


async def test_kwtui_says_that_the_client_certificate_is_not_there(secure: Secure) -> None:
    """libpq goes on without it, and the node asks for a password."""
    with pytest.raises(KwtuiError) as caught:
        await connect(secure.target(sslcert="/nowhere/client.root.crt"))
    assert caught.value.exit_code is ExitCode.AUTHENTICATION_FAILED
    assert "The client certificate /nowhere/client.root.crt is not there" in caught.value.cause


async def test_kwtui_says_that_a_certificate_has_run_out(tmp_path: Path) -> None:
    home = tmp_path / "sandbox"
    files = Certificates(home / "certs")
    files.root.mkdir(parents=True, mode=0o700)
    authority = certificates.make_authority(files)
    certificates.make_node(files, authority, life=timedelta(days=-1))
    certificates.make_client(files, authority, "root")
    info = manage.start(home, empty=True, tls=True)
    try:
        with pytest.raises(KwtuiError) as caught:
            await connect(Secure(info, files).target())
    finally:
        manage.stop(home)
    assert caught.value.exit_code is ExitCode.TLS_FAILED
    assert "expired" in caught.value.title
