"""Keys of age: for whom a copy is encrypted, and who opens it.

The host that sends needs public keys alone. A private key is read from its file when it is needed,
and never told to another program, a log or a journal.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import read_regular
from kwtui.files.new_file import write_new
from kwtui.offsite.optional_packages import age_module

PASSPHRASE_VARIABLE = "KWTUI_AGE_PASSPHRASE"  # noqa: S105 - its name, not its value
_ENCRYPTED = b"age-encryption.org/v1"
_LARGEST = 1 << 20


def recipients_of(keys: Iterable[str]) -> list[Any]:
    """What pyrage encrypts for. Raises KwtuiError (USAGE) for what is no public key."""
    age = age_module()
    found = []
    for key in keys:
        try:
            if key.startswith("ssh-"):
                found.append(age.ssh.Recipient.from_str(key))
            else:
                found.append(age.x25519.Recipient.from_str(key))
        except age.RecipientError as error:
            secret = key.upper().startswith("AGE-SECRET-KEY")
            raise KwtuiError(
                "A private key was given instead of a public one."
                if secret
                else f"{key} is not a public key of age or SSH.",
                cause="" if secret else str(error),
                hint="A public key begins with age1, ssh-ed25519 or ssh-rsa.",
                exit_code=ExitCode.USAGE,
            ) from None
    return found


def read_identities(
    files: Sequence[Path], passphrase_of: Callable[[Path], str] | None = None
) -> list[Any]:
    """The private keys in these files: of age (also behind a passphrase), or of OpenSSH.

    ``passphrase_of`` is asked for that of a file; without it the environment, then the terminal.
    Raises KwtuiError: NOT_FOUND or USAGE, AUTHENTICATION_FAILED for a wrong passphrase.
    """
    ask = passphrase_of or _passphrase_of
    return [identity for file in files for identity in _read(file, ask)]


def is_protected(file: Path) -> bool:
    """Whether a private key lies behind a passphrase. Raises KwtuiError as `read_identities`."""
    return _content(file).startswith(_ENCRYPTED)


def _content(file: Path) -> bytes:
    try:
        # The person names it, and their own links lead to it.
        return read_regular(file.expanduser().resolve(), _LARGEST)
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        raise KwtuiError(
            f"The key file {file} cannot be read.",
            cause=error.strerror or str(error),
            exit_code=ExitCode.NOT_FOUND if gone else ExitCode.USAGE,
        ) from error


def _read(file: Path, passphrase_of: Callable[[Path], str]) -> list[Any]:
    content = _content(file)
    if content.startswith(_ENCRYPTED):
        content = _unlocked(content, file, passphrase_of(file))
    age = age_module()
    try:
        if content.lstrip().startswith(b"-----BEGIN"):
            return [age.ssh.Identity.from_buffer(content)]
        lines = [line.strip() for line in content.decode("ascii").splitlines()]
        keys = [line for line in lines if line and not line.startswith("#")]
        identities = [age.x25519.Identity.from_str(key) for key in keys]
    except (age.IdentityError, UnicodeDecodeError):
        identities = []
    if not identities:
        # Never the parser's words: they could hold a part of the key.
        raise KwtuiError(
            f"{file} holds no usable private key of age or OpenSSH.",
            hint="A key of age is a line AGE-SECRET-KEY-1..., one of SSH begins with -----BEGIN.",
            exit_code=ExitCode.USAGE,
        )
    return identities


def _passphrase_of(file: Path) -> str:
    phrase = os.environ.get(PASSPHRASE_VARIABLE)
    if phrase is not None:
        return phrase
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise KwtuiError(
            f"The key file {file} is protected by a passphrase.",
            hint=f"Set {PASSPHRASE_VARIABLE}, or run the command on a terminal.",
            exit_code=ExitCode.AUTHENTICATION_FAILED,
        )
    return getpass.getpass(f"Passphrase of {file}: ")


def _unlocked(content: bytes, file: Path, phrase: str) -> bytes:
    age = age_module()
    try:
        opened: bytes = age.passphrase.decrypt(content, phrase)
    except age.DecryptError:
        raise KwtuiError(
            f"The passphrase does not open {file}.", exit_code=ExitCode.AUTHENTICATION_FAILED
        ) from None
    return opened


def make_key(file: Path, now: datetime) -> str:
    """Write a new private key into a new file of this account alone; its public key.

    Raises KwtuiError: USAGE if the file is there, DISK_FULL, FAILED.
    """
    identity = age_module().x25519.Identity.generate()
    public = str(identity.to_public())
    text = f"# created: {now.isoformat(timespec='seconds')}\n# public key: {public}\n{identity}\n"
    write_new(file, [text.encode()])
    return public
