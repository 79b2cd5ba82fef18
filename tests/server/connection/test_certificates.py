"""Until when certificates hold: told before it is too late, whoever made them."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from kwtui.config.profiles import TlsMode
from kwtui.sandbox.node import certificates as maker
from kwtui.server.connection.certificates import not_after, read_validities
from kwtui.server.connection.target import Target
from tests.server.scripted import scripted


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> maker.Certificates:
    root = tmp_path_factory.mktemp("certs")
    files = maker.Certificates(root)
    authority = maker.make_authority(files)
    maker.make_node(files, authority, timedelta(days=10))
    maker.make_client(files, authority, "root", timedelta(minutes=20))
    return files


def end_of(path: Path) -> datetime:
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc


async def test_each_certificate_of_a_connection_has_its_end(files: maker.Certificates) -> None:
    async with scripted() as node:
        node.tls = maker.server_context(files)
        target = node.target(
            tls=TlsMode.VERIFY_FULL,
            sslcert=str(files.client("root")),
            sslrootcert=str(files.ca),
        )
        server, client, ca = await read_validities(target)
    assert (server.whose, server.ends) == ("server", end_of(files.node))
    assert (client.whose, client.ends) == ("client", end_of(files.client("root")))
    assert (ca.whose, ca.ends) == ("CA", end_of(files.ca))


async def test_what_cannot_be_looked_at_says_why(files: maker.Certificates, tmp_path: Path) -> None:
    broken = tmp_path / "broken.crt"
    broken.write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    async with scripted() as node:
        target = node.target(
            tls=TlsMode.REQUIRE, sslcert=str(tmp_path / "gone.crt"), sslrootcert=str(broken)
        )
        server, client, ca = await read_validities(target)
        assert server.problem == "it offers no TLS"
        assert client.problem == "not there"
        assert "cannot be parsed" in ca.problem
        broken.write_text("text")
        _, _, ca = await read_validities(target)
        assert ca.problem == "it holds no certificate"
        nothing = replace(target, tls=TlsMode.DISABLE)
        assert await read_validities(nothing) == ()
        gone = node.port
    (server, *_) = await read_validities(
        Target(host="127.0.0.1", port=gone, tls=TlsMode.REQUIRE, sslrootcert="system")
    )
    assert server.ends is None
    assert server.problem


def test_of_several_cas_the_first_end_counts(files: maker.Certificates, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.crt"
    bundle.write_bytes(files.ca.read_bytes() + files.node.read_bytes())
    from kwtui.server.connection.certificates import _of_file

    assert _of_file("CA", str(bundle)).ends == end_of(files.node)
    assert _of_file("client", str(bundle)).ends == end_of(files.ca)


def test_a_century_and_a_far_end(files: maker.Certificates) -> None:
    """From 2050 on the time has another form (RFC 5280, 4.1.2.5)."""
    authority = maker.make_authority(files)
    maker.make_client(files, authority, "late", timedelta(days=40 * 365))
    der = ssl.PEM_cert_to_DER_cert(files.client("late").read_text())
    assert not_after(der) == end_of(files.client("late"))
    assert not_after(der) > datetime(2060, 1, 1, tzinfo=UTC)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_certificate_or_a_plain_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="certificate"):
        not_after(data)
