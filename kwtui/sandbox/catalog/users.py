"""Users and roles: who exists, who belongs to whom, who may log in.

The special names follow the node: the role ``admin`` may do everything, ``root`` is its member
and cannot leave it (recordings 01, 04, 11 and 12).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.answers.rowset import RowSet, rowset
from kwtui.sandbox.catalog.objects import Catalog, UserDef

ADMIN, ROOT, PUBLIC = "admin", "root", "public"
NO_PRIVILEGE, UNDEFINED, DUPLICATE = "42501", "42704", "42710"

_NAME = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,62}\Z")
_OPPOSITE = {
    "CREATEROLE": "NOCREATEROLE",
    "NOCREATEROLE": "CREATEROLE",
    "LOGIN": "NOLOGIN",
    "NOLOGIN": "LOGIN",
}
# Only these two leave a row in system.role_options; the others are what is so without one.
_STORED = ("CREATEROLE", "NOLOGIN")


def roles_of(catalog: Catalog, name: str) -> set[str]:
    """The name itself, ``public`` and every role it belongs to, directly or through others."""
    found, waiting = {PUBLIC}, [name]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        if current in catalog.users:
            waiting.extend(catalog.users[current].member_of)
    return found


def is_admin(catalog: Catalog, name: str) -> bool:
    """What ``kwdb_internal.is_admin()`` answers for this user."""
    return ADMIN in roles_of(catalog, name) or name == ROOT


def require_admin(catalog: Catalog, name: str, action: str) -> None:
    """Let only administrators pass.

    Raises:
        SqlError: 42501, with the words of recordings 04 and 11.
    """
    if not is_admin(catalog, name):
        raise SqlError(f"only users with the admin role are allowed to {action}", NO_PRIVILEGE)


def require_create_role(catalog: Catalog, name: str) -> None:
    """Let only those pass who may create users.

    Raises:
        SqlError: 42501.
    """
    granted = any(
        "CREATEROLE" in catalog.users[role].options
        for role in roles_of(catalog, name)
        if role in catalog.users
    )
    if not granted and not is_admin(catalog, name):
        raise SqlError(f"user {name} does not have CREATEROLE privilege", NO_PRIVILEGE)


def normalize(name: str) -> str:
    """A user name as the node stores it.

    Raises:
        SqlError: empty, reserved or with characters that a name may not have.
    """
    lowered = name.lower()
    if not lowered:
        raise SqlError("no username specified")
    if lowered == PUBLIC:
        raise SqlError('role name "public" is reserved', "42939")
    if not _NAME.match(lowered):
        raise SqlError(
            f'username "{lowered}" invalid; usernames are case insensitive, must start with a '
            "letter, digit or underscore, may contain letters, digits, dashes, periods, or "
            "underscores, and must not exceed 63 characters",
            "42602",
        )
    return lowered


def create(
    catalog: Catalog,
    name: str,
    *,
    is_role: bool = False,
    if_not_exists: bool = False,
    options: tuple[str, ...] = (),
    password: str | None = None,
    valid_until: str | None = None,
) -> None:
    """CREATE USER and CREATE ROLE. A role cannot log in unless it is told to.

    Raises:
        SqlError: 42710 when the name is taken, 42601 when options contradict each other.
    """
    wanted = normalize(name)
    _check_conflicts(options)
    if wanted in catalog.users:
        if if_not_exists:
            return
        raise SqlError(f"a role/user named {wanted} already exists", DUPLICATE)
    if is_role and "LOGIN" not in options and "NOLOGIN" not in options:
        options = (*options, "NOLOGIN")
    user = UserDef(wanted, is_role=is_role, valid_until=valid_until)
    user.options = sorted(option for option in options if option in _STORED)
    user.password = None if password is None else hash_password(password)
    catalog.users[wanted] = user


def alter(
    catalog: Catalog,
    name: str,
    *,
    if_exists: bool = False,
    options: tuple[str, ...] = (),
    set_password: bool = False,
    password: str | None = None,
    set_valid_until: bool = False,
    valid_until: str | None = None,
) -> None:
    """ALTER USER and ALTER ROLE; what is not named stays as it is.

    Raises:
        SqlError: 42704 when the user does not exist, 42601 when options contradict each other.
    """
    wanted = normalize(name)
    _check_conflicts(options)
    user = catalog.users.get(wanted)
    if user is None:
        if if_exists:
            return
        raise SqlError(f"role/user {wanted} does not exist", UNDEFINED)
    kept = set(user.options) - {_OPPOSITE[option] for option in options}
    user.options = sorted(kept | {option for option in options if option in _STORED})
    if set_password:
        user.password = None if password is None else hash_password(password)
    if set_valid_until:
        user.valid_until = valid_until


def drop(catalog: Catalog, names: list[str], *, if_exists: bool = False) -> int:
    """DROP USER and DROP ROLE; returns how many went, which the command tag shows.

    Raises:
        SqlError: 2BP01 while grants exist, 22023 for admin and root, unknown names.
    """
    wanted = [normalize(name) for name in names]
    holding = _objects_granted_to(catalog, set(wanted))
    if holding:
        many = "s" if len(names) != 1 else ""
        raise SqlError(
            f"cannot drop role{many}/user{many} {', '.join(names)}: grants still exist on "
            + ", ".join(holding),
            "2BP01",
        )
    dropped = 0
    for name in wanted:
        if name in (ADMIN, ROOT):
            kind = "user" if name == ROOT else "role"
            raise SqlError(f"cannot drop special {kind} {name}", "22023")
        if catalog.users.pop(name, None) is not None:
            dropped += 1
        elif not if_exists:
            raise SqlError(f"role/user {name} does not exist")
        for user in catalog.users.values():
            user.member_of.pop(name, None)
    return dropped


def _objects_granted_to(catalog: Catalog, names: set[str]) -> list[str]:
    databases = [d.name for d in catalog.databases.values() if names & d.grants.keys()]
    relations = [
        f"{relation.database}.{relation.schema}.{relation.name}"
        for _, relation in sorted(catalog.relations.items())
        if names & relation.grants.keys()
    ]
    return databases + relations


def _check_conflicts(options: tuple[str, ...]) -> None:
    if any(_OPPOSITE[option] in options for option in options):
        raise SqlError("conflicting role options", "42601")
    if len(set(options)) != len(options):
        raise SqlError("redundant role options", "42601")


def hash_password(password: str) -> str:
    """A salted hash to store; the clear text is never kept.

    Raises:
        SqlError: 28P01 for an empty password, which a node refuses.
    """
    if not password:
        raise SqlError("empty passwords are not permitted", "28P01")
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${_scrypt(password, salt).hex()}"


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)


def authenticate(catalog: Catalog, name: str, password: str, now: datetime) -> None:
    """Check a password login (recording 11).

    Raises:
        SqlError: unknown user, wrong password, no right to log in, or an expired password.
    """
    user = catalog.users.get(name.lower())
    stored = user.password if user is not None else None
    refused = SqlError(f"password authentication failed for user {name}", "28P01")
    if user is not None and (user.is_role or "NOLOGIN" in user.options):
        raise SqlError(f"{name} does not have login privilege", "28000")
    if stored is None:
        raise refused
    _, salt, expected = stored.split("$")
    if not hmac.compare_digest(_scrypt(password, bytes.fromhex(salt)).hex(), expected):
        raise refused
    if user is not None and user.valid_until and _moment(user.valid_until) < now:
        raise SqlError("password is expired", "28P01")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def show_users(catalog: Catalog) -> RowSet:
    """SHOW USERS and SHOW ROLES."""
    rows = []
    for name, user in sorted(catalog.users.items()):
        options = [
            option if value is None else f"{option}={value}"
            for _, option, value in role_options(user)
        ]
        rows.append([name, ", ".join(options), sorted(user.member_of)])
    return rowset("username options member_of:1009", rows)


def role_options(user: UserDef) -> list[tuple[str, str, str | None]]:
    """The rows of ``system.role_options`` for one user."""
    rows: list[tuple[str, str, str | None]] = [
        (user.name, option, None) for option in sorted(user.options)
    ]
    if user.valid_until is not None:
        rows.append((user.name, "VALID UNTIL", user.valid_until))
    return rows


def show_role_grants(
    catalog: Catalog, roles: list[str] | None = None, members: list[str] | None = None
) -> RowSet:
    """SHOW GRANTS ON ROLE [roles] [FOR members]."""
    rows = [
        row
        for row in role_members(catalog)
        if (not roles or row[0] in roles) and (not members or row[1] in members)
    ]
    return rowset("role_name member is_admin:16", rows)


def role_members(catalog: Catalog) -> list[tuple[str, str, bool]]:
    """Role, member and admin option of every membership."""
    return sorted(
        (role, user.name, admin)
        for user in catalog.users.values()
        for role, admin in user.member_of.items()
    )
