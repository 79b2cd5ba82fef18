"""Profiles: the servers that a person saved, in a TOML file of their own.

The directories follow the XDG convention. Files are private to the person (0600 in 0700) and are
replaced by rename, so that a crash leaves either the old file or the new one. A file that cannot be
understood is reported and never overwritten. No file ever holds a password.
"""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from kwtui.config.directories import config_dir
from kwtui.config.replacing import replace_edited
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.toml import (
    check_format,
    has_control,
    nearest,
    parse_toml,
    read_toml_text,
    refuse_unknown,
    typed_values,
    unusable,
)
from kwtui.files.toml_editing import drop_table, plain_fields, put_table
from kwtui.files.trusted import check_trusted


class TlsMode(StrEnum):
    """How the connection is encrypted, and whether the server must prove who it is."""

    VERIFY_FULL = "verify-full"
    """Encrypted; certificate and host name are checked. The default."""
    VERIFY_CA = "verify-ca"
    """Encrypted; the certificate is checked, the host name is not."""
    REQUIRE = "require"
    """Encrypted, but whoever answers is believed."""
    DISABLE = "disable"
    """Not encrypted. No password is sent unless the profile says so."""


class Environment(StrEnum):
    """What kind of server it is, so that nobody mistakes production for a test."""

    DEV = "dev"
    TEST = "test"
    PROD = "prod"


_CHOICES: dict[str, type[StrEnum]] = {"TlsMode": TlsMode, "Environment": Environment}


@dataclass(frozen=True)
class Profile:
    """A server that a person connects to by name."""

    name: str
    host: str = "127.0.0.1"
    port: int = 26257
    user: str = "root"
    database: str = "defaultdb"
    tls: TlsMode = TlsMode.VERIFY_FULL
    sslrootcert: str | None = None
    """The CA's certificate; ``system`` for the machine's own list."""
    sslcert: str | None = None
    sslkey: str | None = None
    environment: Environment | None = None
    store: str | None = None
    """The node's store directory on this machine, where it is known."""
    extern: str | None = None
    logs: str | None = None
    password_command: str | None = None
    """A command that prints the password; run without a shell."""
    passfile: str | None = None
    """A file of ``host:port:database:user:password`` lines, private to the person."""
    allow_cleartext_password: bool = False
    """The person said that this server may get a password over an unencrypted connection."""
    read_only: bool = False
    """kwtui changes nothing on this server: no restore, no drill."""
    ssh: str | None = None
    """``user@node2``: the node's files are not seen here; list, show, verify, seal, logs and
    offsite fetch run there. The folders are then the node's own."""
    kwtui_there: str | None = None
    """The program on that node; ``kwtui`` where it is on the account's PATH."""


def profiles_path() -> Path:
    return config_dir() / "profiles.toml"


# -- profiles ---------------------------------------------------------------------------------


def load_profiles(path: Path | None = None) -> list[Profile]:
    """The saved profiles in the order of the file; none if there is no file.

    Raises KwtuiError (USAGE) for a file that cannot be read, is no TOML, holds an unknown key or a
    value that makes no sense; the message names the file and the place.
    """
    path = path or profiles_path()
    return parse_profiles(read_toml_text(path), path)


def parse_profiles(text: str, path: Path) -> list[Profile]:
    """The profiles that the text says, as if it stood in this file. Raises as `load_profiles`."""
    document = parse_toml(text, path)
    refuse_unknown(document, {"format", "profile"}, path, "at the top")
    check_format(document, path)
    tables = document.get("profile", {})
    if not isinstance(tables, dict):
        raise unusable(path, "[profile] must hold one table for each profile, as in [profile.shop]")
    return [_profile_from(name, table, path) for name, table in tables.items()]


def find_profile(name: str, path: Path | None = None) -> Profile:
    """The profile of that name. Raises KwtuiError (USAGE) and names the nearest one."""
    profiles = load_profiles(path)
    for profile in profiles:
        if profile.name == name:
            if profile.password_command:
                check_trusted(path or profiles_path())
            return profile
    known = [p.name for p in profiles]
    hint = nearest(name, known)
    if not hint:
        hint = (
            f"Known profiles: {', '.join(known)}." if known else "Save one: kwtui profiles add NAME"
        )
    if "@" in name or "://" in name:
        # A whole address, perhaps with a password: it is not said again.
        raise KwtuiError(
            "The value is neither a saved profile nor a URL that kwtui knows.",
            hint="A URL starts with postgresql:// and holds no password.",
            exit_code=ExitCode.USAGE,
        )
    raise KwtuiError(
        f"The profile {name!r} was not found.",
        cause=f"Read from {path or profiles_path()}.",
        hint=hint,
        exit_code=ExitCode.USAGE,
    )


_NAME = re.compile(r"\w[\w .-]{0,62}")


def check_name(name: str) -> None:
    """Raise KwtuiError (USAGE) for what is no name: what was meant for another field may hold a
    password, and would be written down."""
    if not _NAME.fullmatch(name.strip()):
        raise KwtuiError(
            "That is not a valid profile name.",
            hint="Use letters, digits, dots, dashes, underscores and spaces; at most 63. "
            "A whole URL goes into --dsn.",
            exit_code=ExitCode.USAGE,
        )


def save_profile(profile: Profile, path: Path | None = None) -> None:
    """Add the profile, or change the one of the same name; comments and order stay.

    Raises KwtuiError if the existing file cannot be understood (it is left as it is), if the
    profile makes no sense, or if it would put a password on disk.
    """
    path = path or profiles_path()
    check_profile(profile)
    check_name(profile.name)
    load_profiles(path)
    defaults = Profile(name=profile.name)
    values = plain_fields(profile, defaults, frozenset({"name"}))
    put_table(path, ("profile", profile.name), values, defaults)


def add_profile(profile: Profile, path: Path | None = None) -> Path:
    """Save a profile that is not there yet; the file's path.

    Raises KwtuiError: NAME_TAKEN, USAGE where the password's command is no program that is found
    (it may be the password itself, which would be written down), and as `save_profile`.
    """
    path = path or profiles_path()
    if any(known.name == profile.name for known in load_profiles(path)):
        raise KwtuiError(
            f"A profile named {profile.name!r} exists already.",
            hint="Change it: kwtui profiles edit",
            exit_code=ExitCode.NAME_TAKEN,
        )
    if profile.password_command is not None and not _is_command(profile.password_command):
        raise KwtuiError(
            "The program of the password command was not found.",
            cause="The profile was not saved: what was given may be a password.",
            hint="Give the command that prints the password, as in 'pass show kwdb/backup'.",
            exit_code=ExitCode.USAGE,
        )
    save_profile(profile, path)
    return path


def _is_command(text: str) -> bool:
    try:
        words = shlex.split(text)
    except ValueError:
        return False
    return bool(words) and shutil.which(words[0]) is not None


_PASSWORD_KEY = re.compile(r"""(?im)\bpass(?:word|wd)?["']?\s*=""")


def replace_profiles(before: str, text: str, path: Path | None = None) -> None:
    """Put a text in the place of the file, which was read as ``before``.

    Raises KwtuiError: USAGE for what holds no profiles, FAILED where the file was changed since.
    What was written is kept beside the file then, unless it holds a password.
    """
    path = path or profiles_path()
    replace_edited(
        path,
        before,
        text,
        lambda wanted: parse_profiles(wanted, path),
        what="profiles",
        secret=_PASSWORD_KEY,
    )


def delete_profile(name: str, path: Path | None = None) -> None:
    """Forget the profile. Raises KwtuiError (USAGE) if there is none of that name."""
    path = path or profiles_path()
    find_profile(name, path)
    drop_table(path, ("profile", name))


_SSH = re.compile(r"[\w][\w.@:%-]*")
"""No option, no blank, nothing that a shell reads."""


def check_profile(profile: Profile) -> None:
    """Raise KwtuiError (USAGE) for a profile that nobody can connect with."""
    problem = ""
    if not profile.name.strip():
        problem = "A profile needs a name."
    elif has_control(profile.name):
        problem = "The name of a profile cannot hold control characters."
    elif "://" in profile.name:
        problem = "The name of a profile cannot be a URL; a whole URL goes into --dsn."
    elif not profile.host.strip():
        problem = "A profile needs a host."
    elif "://" in profile.host or "@" in profile.host:
        problem = "The host must be a name or an address; a whole URL goes into --dsn."
    elif not 1 <= profile.port <= 65535:
        problem = f"The port must be between 1 and 65535, not {profile.port}."
    elif not profile.user.strip():
        problem = "A profile needs a user."
    elif profile.sslkey and not profile.sslcert:
        problem = "A client key needs its certificate as well (sslcert)."
    elif profile.ssh is not None and not _SSH.fullmatch(profile.ssh):
        problem = "ssh must be a host that the ssh command knows, or user@host."
    if problem:
        raise KwtuiError(
            problem, hint="Correct the profile and save it again.", exit_code=ExitCode.USAGE
        )


def _profile_from(name: str, table: object, path: Path) -> Profile:
    where = f"in [profile.{name}]"
    if not isinstance(table, dict):
        raise unusable(path, f"[profile.{name}] must be a table")
    if "password" in table:
        raise unusable(
            path,
            f"a password was found {where}",
            hint="kwtui stores no passwords. Remove it and use password_command, a passfile, "
            "PGPASSWORD or the prompt.",
        )
    values = typed_values(Profile, table, path, where, {"name"}, _CHOICES)
    profile = replace(Profile(name=name), **values)
    try:
        check_profile(profile)
    except KwtuiError as error:
        raise unusable(path, f"{where}: {error.title}") from error
    return profile
