"""TLS: who the server is gets proven before a password is sent, and each mismatch is explained."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kwtui.config.profiles import TlsMode
from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.server import connect
from tests.server.scripted import ScriptedServer, scripted


@dataclass(frozen=True)
class Certificate:
    cert: Path
    key: Path


def make_certificate(directory: Path, name: str, host: str) -> Certificate:
    """A self-signed certificate for a host; it is its own CA."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is needed to make a certificate")
    made = Certificate(directory / f"{name}.crt", directory / f"{name}.key")
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={host}"]
    command += ["-addext", f"subjectAltName=DNS:{host}"]
    command += ["-keyout", str(made.key), "-out", str(made.cert)]
    subprocess.run(command, check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "right", "localhost")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "other", "localhost")


@pytest.fixture
async def secure(right: Certificate) -> AsyncIterator[ScriptedServer]:
    async with scripted(password="s3cret") as node:
        node.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        node.tls.load_cert_chain(right.cert, right.key)
        yield node


async def test_a_proven_server_gets_the_password(
    secure: ScriptedServer, right: Certificate
) -> None:
    target = secure.target(
        host="localhost",
        hostaddr="127.0.0.1",
        tls=TlsMode.VERIFY_FULL,
        sslrootcert=str(right.cert),
        password="s3cret",
    )
    server = await connect(target)
    assert server.tls
    assert secure.passwords == ["s3cret"]
    await server.close()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"host": "127.0.0.1"}, "is not for 127.0.0.1"),
        ({"sslrootcert": "other"}, "not signed by the given CA"),
        ({"sslrootcert": "/nonexistent.crt"}, "CA certificate"),
        ({"sslcert": "right.crt", "sslkey": "open"}, "client key"),
    ],
)
async def test_whoever_is_not_proven_gets_none(
    secure: ScriptedServer,
    right: Certificate,
    other: Certificate,
    more: dict[str, str],
    words: str,
) -> None:
    right.key.chmod(0o644)
    files = {"other": str(other.cert), "right.crt": str(right.cert), "open": str(right.key)}
    values = {"host": "localhost", "hostaddr": "127.0.0.1", "sslrootcert": str(right.cert)}
    values |= {key: files.get(value, value) for key, value in more.items()}
    target = secure.target(tls=TlsMode.VERIFY_FULL, password="s3cret", **values)
    with pytest.raises(KwtuiError) as caught:
        await connect(target)
    assert caught.value.exit_code is ExitCode.TLS_FAILED
    assert words in caught.value.title
    assert secure.passwords == []


async def test_the_host_name_may_differ_where_the_person_chose_so(
    secure: ScriptedServer, right: Certificate
) -> None:
    target = secure.target(tls=TlsMode.VERIFY_CA, sslrootcert=str(right.cert), password="s3cret")
    server = await connect(target)
    assert server.tls
    await server.close()


async def test_a_node_with_tls_accepts_no_clear_connection_with_a_password(
    secure: ScriptedServer,
) -> None:
    with pytest.raises(KwtuiError) as caught:
        await connect(secure.target(password="s3cret"))
    assert caught.value.exit_code is ExitCode.AUTHENTICATION_FAILED
    assert secure.passwords == []
