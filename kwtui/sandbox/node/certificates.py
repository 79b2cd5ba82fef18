"""The certificates of a sandbox in secure mode, laid out as a node's (facts.md 4.4).

``certs/`` holds ``ca.crt`` and ``ca.key``, ``node.crt`` and ``node.key``, and for each user
``client.<user>.crt`` and ``client.<user>.key``, whose common name is the user. The node's names are
``localhost`` and 127.0.0.1 (recording 11). They are made once and kept.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORGANIZATION = "KaiwuDB"
KEY_BITS = 2048
CA_LIFE = timedelta(days=3650)
LIFE = timedelta(days=1826)
_CLOCK_SKEW = timedelta(hours=1)
"""Certificates hold a little earlier than they are made: clocks differ."""
_KEY_MODE, _CERTIFICATE_MODE = 0o600, 0o640


@dataclass(frozen=True)
class Certificates:
    """The files of one directory."""

    root: Path

    @property
    def ca(self) -> Path:
        return self.root / "ca.crt"

    @property
    def ca_key(self) -> Path:
        return self.root / "ca.key"

    @property
    def node(self) -> Path:
        return self.root / "node.crt"

    @property
    def node_key(self) -> Path:
        return self.root / "node.key"

    def client(self, user: str) -> Path:
        return self.root / f"client.{user}.crt"

    def client_key(self, user: str) -> Path:
        return self.root / f"client.{user}.key"


@dataclass(frozen=True)
class Authority:
    """A CA that signs."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def ensure(root: Path) -> Certificates:
    """What is missing of CA, node and root's client certificate is made. Raises OSError."""
    files = Certificates(root)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = (files.ca, files.node, files.node_key, files.client("root"), files.client_key("root"))
    if all(path.exists() for path in wanted):
        return files
    authority = make_authority(files)
    make_node(files, authority)
    make_client(files, authority, "root")
    return files


def make_authority(files: Certificates) -> Authority:
    """A new CA, written to ``ca.crt`` and ``ca.key``."""
    key = _key()
    name = _name("KaiwuDB CA")
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(files.ca_key, _key_bytes(key), _KEY_MODE)
    _write(files.ca, _certificate_bytes(certificate), _CERTIFICATE_MODE)
    return Authority(certificate, key)


def make_node(files: Certificates, authority: Authority, life: timedelta = LIFE) -> None:
    """The node's certificate. With a negative ``life`` it has run out."""
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate, key = _signed("node", authority, life, purposes, names)
    _write(files.node_key, _key_bytes(key), _KEY_MODE)
    _write(files.node, _certificate_bytes(certificate), _CERTIFICATE_MODE)


def make_client(
    files: Certificates, authority: Authority, user: str, life: timedelta = LIFE
) -> None:
    """The certificate that lets ``user`` in without a password."""
    certificate, key = _signed(user, authority, life, [ExtendedKeyUsageOID.CLIENT_AUTH], [])
    _write(files.client_key(user), _key_bytes(key), _KEY_MODE)
    _write(files.client(user), _certificate_bytes(certificate), _CERTIFICATE_MODE)


def server_context(files: Certificates) -> ssl.SSLContext:
    """TLS as a node speaks it: version 1.2 at least, client certificates welcome, not required.

    Raises OSError and ssl.SSLError where a file is missing or no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(files.node, files.node_key)
    context.load_verify_locations(files.ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _signed(
    common: str,
    authority: Authority,
    life: timedelta,
    purposes: list[x509.ObjectIdentifier],
    names: list[x509.GeneralName],
) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = _key()
    builder = _builder(_name(common), authority.certificate.subject, key, life)
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    # By the key's own id a client tells this CA from that of another cluster, named alike.
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(signer, critical=False)
    return builder.sign(authority.key, hashes.SHA256()), key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, life: timedelta
) -> x509.CertificateBuilder:
    until = datetime.now(UTC) + life
    began = min(datetime.now(UTC), until) - _CLOCK_SKEW
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(until)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _key_bytes(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _certificate_bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
