"""Profiles and preferences: what a person chose, in TOML files of their own.

The directories follow the XDG convention. Files are private to the person (0600 in 0700) and are
replaced by rename, so that a crash leaves either the old file or the new one. A file that cannot be
understood is reported and never overwritten. No file ever holds a password.
"""

from __future__ import annotations

import difflib
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from kwtui.errors import ExitCode, KwtuiError

APP = "kwtui"
FORMAT = 1


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


@dataclass(frozen=True)
class Preferences:
    """Choices that belong to the person and not to a server."""

    theme: str | None = None
    ascii_only: bool = False
    """Draw without Unicode."""


# -- directories ------------------------------------------------------------------------------


def config_dir() -> Path:
    """Where profiles and preferences are: ``KWTUI_CONFIG_DIR`` or XDG's ``kwtui``."""
    return _directory("KWTUI_CONFIG_DIR", "config")


def state_dir() -> Path:
    """Where runs and journals are: ``KWTUI_STATE_DIR`` or XDG's ``kwtui``."""
    return _directory("KWTUI_STATE_DIR", "state")


def data_dir() -> Path:
    """Where the sandbox keeps its node: ``KWTUI_DATA_DIR`` or XDG's ``kwtui``."""
    return _directory("KWTUI_DATA_DIR", "data")


def profiles_path() -> Path:
    return config_dir() / "profiles.toml"


def preferences_path() -> Path:
    return config_dir() / "preferences.toml"


def _directory(variable: str, kind: str) -> Path:
    override = os.environ.get(variable)
    if override:
        return Path(override).expanduser()
    # platformdirs loads a module per platform; the command line should not pay for it at import.
    import platformdirs

    found = {
        "config": platformdirs.user_config_path,
        "state": platformdirs.user_state_path,
        "data": platformdirs.user_data_path,
    }[kind](APP, appauthor=False)
    return Path(found)


# -- profiles ---------------------------------------------------------------------------------


def load_profiles(path: Path | None = None) -> list[Profile]:
    """The saved profiles in the order of the file; none if there is no file.

    Raises KwtuiError (USAGE) for a file that cannot be read, is no TOML, holds an unknown key or a
    value that makes no sense; the message names the file and the place.
    """
    path = path or profiles_path()
    document = _read_toml(path)
    _refuse_unknown(document, {"format", "profile"}, path, "at the top")
    _check_format(document, path)
    tables = document.get("profile", {})
    if not isinstance(tables, dict):
        raise _bad(path, "[profile] must hold one table for each profile, as in [profile.shop]")
    return [_profile_from(name, table, path) for name, table in tables.items()]


def find_profile(name: str, path: Path | None = None) -> Profile:
    """The profile of that name. Raises KwtuiError (USAGE) and names the nearest one."""
    profiles = load_profiles(path)
    for profile in profiles:
        if profile.name == name:
            return profile
    known = [p.name for p in profiles]
    hint = _nearest(name, known)
    if not hint:
        hint = f"Known profiles: {', '.join(known)}." if known else "No profile is saved yet."
    raise KwtuiError(
        f"There is no profile named {name!r}.",
        cause=f"Read from {path or profiles_path()}.",
        hint=hint,
        exit_code=ExitCode.USAGE,
    )


def save_profile(profile: Profile, path: Path | None = None) -> None:
    """Add the profile, or replace the one of the same name.

    Raises KwtuiError if the existing file cannot be understood (it is left as it is), if the
    profile makes no sense, or if it would put a password on disk.
    """
    path = path or profiles_path()
    check_profile(profile)
    profiles = load_profiles(path)
    if any(p.name == profile.name for p in profiles):
        profiles = [profile if p.name == profile.name else p for p in profiles]
    else:
        profiles.append(profile)
    _write_private(path, _profiles_text(profiles))


def delete_profile(name: str, path: Path | None = None) -> None:
    """Forget the profile. Raises KwtuiError (USAGE) if there is none of that name."""
    path = path or profiles_path()
    find_profile(name, path)
    _write_private(path, _profiles_text([p for p in load_profiles(path) if p.name != name]))


def check_profile(profile: Profile) -> None:
    """Raise KwtuiError (USAGE) for a profile that nobody can connect with."""
    problem = ""
    if not profile.name.strip():
        problem = "A profile needs a name."
    elif _has_control(profile.name):
        problem = "The name of a profile cannot hold control characters."
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
    if problem:
        raise KwtuiError(
            problem, hint="Correct the profile and save it again.", exit_code=ExitCode.USAGE
        )


def _profiles_text(profiles: list[Profile]) -> str:
    parts = [f"format = {FORMAT}"]
    for profile in profiles:
        parts.append("")
        parts.append(f"[profile.{_toml_string(profile.name)}]")
        parts.extend(_lines_of(profile, Profile(name=profile.name), skip={"name"}))
    return "\n".join(parts) + "\n"


def _profile_from(name: str, table: object, path: Path) -> Profile:
    where = f"in [profile.{name}]"
    if not isinstance(table, dict):
        raise _bad(path, f"[profile.{name}] must be a table")
    if "password" in table:
        raise _bad(
            path,
            f"a password stands {where}",
            hint="kwtui keeps no passwords. Take it out and use password_command, a passfile, "
            "PGPASSWORD or the prompt.",
        )
    values = _typed_values(Profile, table, path, where, skip={"name"})
    profile = replace(Profile(name=name), **values)
    try:
        check_profile(profile)
    except KwtuiError as error:
        raise _bad(path, f"{where}: {error.title}") from error
    return profile


# -- preferences ------------------------------------------------------------------------------


def load_preferences(path: Path | None = None) -> Preferences:
    """The preferences, or the defaults if there is no file. Raises KwtuiError as load_profiles."""
    path = path or preferences_path()
    document = _read_toml(path)
    _check_format(document, path)
    document.pop("format", None)
    return replace(Preferences(), **_typed_values(Preferences, document, path, "at the top"))


def save_preferences(preferences: Preferences, path: Path | None = None) -> None:
    """Write the preferences; refuses to replace a file that it cannot understand."""
    path = path or preferences_path()
    load_preferences(path)
    lines = [f"format = {FORMAT}", *_lines_of(preferences, Preferences())]
    _write_private(path, "\n".join(lines) + "\n")


# -- reading and writing ----------------------------------------------------------------------


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _bad(path, f"it cannot be read: {error.strerror}") from error
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _bad(path, "it is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise _bad(path, str(error)) from error


def _check_format(document: Mapping[str, Any], path: Path) -> None:
    version = document.get("format", FORMAT)
    if version != FORMAT:
        raise _bad(
            path,
            f"it has format {version!r}, and this kwtui knows format {FORMAT}",
            hint="A newer kwtui wrote it. Use that one, or move the file away.",
        )


def _typed_values(
    kind: type[Profile] | type[Preferences],
    table: Mapping[str, Any],
    path: Path,
    where: str,
    skip: set[str] | None = None,
) -> dict[str, Any]:
    known = {f.name: str(f.type) for f in fields(kind) if f.name not in (skip or set())}
    _refuse_unknown(table, set(known), path, where)
    return {key: _typed(key, value, known[key], path, where) for key, value in table.items()}


def _typed(key: str, value: object, annotation: str, path: Path, where: str) -> object:
    base = annotation.removesuffix(" | None")
    choices: dict[str, type[StrEnum]] = {"TlsMode": TlsMode, "Environment": Environment}
    if base in choices:
        allowed = [member.value for member in choices[base]]
        if value in allowed:
            return choices[base](value)
        raise _bad(path, f"{key} {where} must be one of {', '.join(allowed)}, not {value!r}")
    expected = {"str": str, "int": int, "bool": bool}[base]
    if type(value) is not expected:
        words = {"str": "text in quotes", "int": "a whole number", "bool": "true or false"}[base]
        raise _bad(path, f"{key} {where} must be {words}, not {value!r}")
    return value


def _refuse_unknown(table: Mapping[str, Any], known: set[str], path: Path, where: str) -> None:
    for key in table:
        if key not in known:
            hint = _nearest(key, sorted(known)) or f"Known keys: {', '.join(sorted(known))}."
            raise _bad(path, f"the key {key!r} {where} is not known", hint=hint)


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else ""


def _bad(path: Path, problem: str, *, hint: str = "") -> KwtuiError:
    return KwtuiError(
        f"The file {path} cannot be used.",
        cause=problem[:1].upper() + problem[1:] + ("" if problem.endswith(".") else "."),
        hint=hint or "Correct the file, or move it away; kwtui leaves it as it is.",
        exit_code=ExitCode.USAGE,
    )


def _lines_of(value: object, defaults: object, skip: set[str] | None = None) -> list[str]:
    """One ``key = value`` line for each field that differs from its default."""
    lines = []
    for f in fields(value):  # type: ignore[arg-type]
        current = getattr(value, f.name)
        if f.name in (skip or set()) or current is None or current == getattr(defaults, f.name):
            continue
        lines.append(f"{f.name} = {_toml_value(current)}")
    return lines


def _toml_value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return _toml_string(str(value))


_TOML_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}


def _toml_string(text: str) -> str:
    """A TOML basic string; every control character is escaped as TOML 1.0 wants it."""
    out = []
    for char in text:
        if char in _TOML_ESCAPES:
            out.append(_TOML_ESCAPES[char])
        elif _has_control(char):
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    return '"' + "".join(out) + '"'


def _has_control(text: str) -> bool:
    return any(ord(char) < 32 or ord(char) == 127 for char in text)


def _write_private(path: Path, text: str) -> None:
    """Replace the file in one step; the old content stays if anything fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A link, as people keep for their dotfiles, stays one: its target is replaced.
        target = path.resolve()
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise KwtuiError(
            f"The file {path} could not be written.",
            cause=f"{error.strerror or error}.",
            hint="Nothing was changed. Check the directory's permissions and free space.",
        ) from error
