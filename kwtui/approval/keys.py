"""The approver's key pair (Ed25519): the private key under a passphrase, the public one beside it.

The library is loaded when it is needed: it comes with the extra ``mcp``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kwtui.config.directories import config_dir
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.extras import how_to_add
from kwtui.files.foreign.reading import is_there, read_regular
from kwtui.files.new_file import write_new

SYSTEM_KEY = Path("/etc/kwtui/approver.pub")
"""Counts before the account's own: an agent with the rights of the account cannot replace it."""
_LARGEST = 1 << 16
SHORTEST = 12
"""Characters of a passphrase."""


def private_path() -> Path:
    return config_dir() / "approver.key"


def own_public_path() -> Path:
    return config_dir() / "approver.pub"


def public_path() -> Path:
    """The one that counts."""
    return SYSTEM_KEY if is_there(SYSTEM_KEY) else own_public_path()


def make_keys(private: Path, public: Path, passphrase: str) -> None:
    """Write a new pair. Raises KwtuiError: USAGE for a short passphrase and for files that are
    there."""
    if len(passphrase) < SHORTEST:
        raise KwtuiError(
            f"The passphrase is too short: it needs {SHORTEST} characters.",
            hint="An agent on this machine may read the key file; the passphrase protects it.",
            exit_code=ExitCode.USAGE,
        )
    serialization, ed25519, _ = _library()
    key = ed25519.Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    open_part = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write_new(private, [secret])
    write_new(public, [open_part])


def sign(private: Path, passphrase: str, message: bytes) -> bytes:
    """Raises KwtuiError: NOT_FOUND without a key, AUTHENTICATION_FAILED for a wrong passphrase."""
    serialization, _, _ = _library()
    try:
        pem = read_regular(private, _LARGEST)
    except OSError as error:
        raise KwtuiError(
            "The approver's key was not found.",
            cause=f"{private}: {error.strerror}",
            hint="Create one: kwtui approve --new-key",
            exit_code=ExitCode.NOT_FOUND,
        ) from error
    try:
        key = serialization.load_pem_private_key(pem, passphrase.encode())
    except (ValueError, TypeError) as error:
        raise KwtuiError(
            "The passphrase is wrong, or the key is damaged.",
            cause=str(private),
            exit_code=ExitCode.AUTHENTICATION_FAILED,
        ) from error
    signature: bytes = key.sign(message)
    return signature


def read_public(path: Path) -> bytes:
    """The PEM text of the public key. Raises KwtuiError (NOT_FOUND)."""
    try:
        return read_regular(path, _LARGEST)
    except OSError as error:
        raise KwtuiError(
            "Nobody can approve anything: there is no approver's key.",
            cause=f"{path}: {error.strerror}",
            hint="A person creates one on a terminal: kwtui approve --new-key",
            exit_code=ExitCode.NOT_FOUND,
        ) from error


def is_signed(public_pem: bytes, message: bytes, signature: bytes) -> bool:
    serialization, _, exceptions = _library()
    try:
        serialization.load_pem_public_key(public_pem).verify(signature, message)
    except (exceptions.InvalidSignature, ValueError, TypeError, AttributeError):
        return False
    return True


def _library() -> tuple[Any, Any, Any]:
    try:
        from cryptography import exceptions
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise KwtuiError(
            "Approving needs the package cryptography.",
            hint=how_to_add("mcp"),
        ) from error
    return serialization, ed25519, exceptions
