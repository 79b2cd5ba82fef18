"""GRANT and REVOKE, of privileges and of roles (recordings 02, 12 and 13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog import grants, users
from kwtui.sandbox.catalog.objects import Catalog, Relation
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_database, find_named, find_procedure, find_schema
from kwtui.sandbox.language.lexer import Kind, Statement
from kwtui.sandbox.language.stream import TokenStream

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

_IN_USE, _INVALID_GRANT = "55006", "0LP01"


@handles("GRANT")
def grant(session: Session, statement: Statement) -> Answer:
    """``GRANT privileges ON objects TO grantees`` and ``GRANT roles TO members``."""
    stream = TokenStream.of(statement)
    stream.expect("grant")
    if _names_objects(stream, "to"):
        return _change_privileges(session, stream, "to", "GRANT")
    return _grant_roles(session, stream)


@handles("REVOKE")
def revoke(session: Session, statement: Statement) -> Answer:
    """``REVOKE privileges ON objects FROM grantees`` and ``REVOKE roles FROM members``."""
    stream = TokenStream.of(statement)
    stream.expect("revoke")
    if _names_objects(stream, "from"):
        return _change_privileges(session, stream, "from", "REVOKE")
    return _revoke_roles(session, stream)


def _names_objects(stream: TokenStream, before: str) -> bool:
    """Whether ON comes before TO or FROM: then privileges are granted, else roles."""
    for token in stream.tokens[stream.position :]:
        if token.kind is Kind.WORD and token.value in ("on", before):
            return token.value == "on"
    return False


# --- privileges ------------------------------------------------------------------------------


def _change_privileges(session: Session, stream: TokenStream, before: str, tag: str) -> Answer:
    privileges = _privileges(stream)
    stream.expect("on")
    targets_at = stream.position
    while not stream.at_end and not stream.looking_at(before):
        stream.next()
    stream.expect(before)
    grantees = stream.names()
    stream.expect_end()
    grants.check_grantees(session.engine.catalog, grantees)
    stream.position = targets_at
    with session.engine.change(session):
        for target in _targets(session, stream, before):
            _check_right(session, target, privileges)
            change = grants.grant if tag == "GRANT" else grants.revoke
            change(target, privileges, grantees)
            if isinstance(target, Relation):
                target.version += 1
                session.engine.announce(session, "updating privileges")
    return Answer(tag)


def _privileges(stream: TokenStream) -> list[str]:
    words = stream.names()
    if words == [grants.ALL.lower()]:
        stream.accept("privileges")
    for word in words:
        if word.upper() not in (grants.ALL, *grants.PRIVILEGES):
            raise stream.error(explanation=f'not a valid privilege: "{word}"')
    return [word.upper() for word in words]


def _targets(session: Session, stream: TokenStream, before: str) -> list[grants.Securable]:
    if stream.accept("database"):
        return [find_database(session, name) for name in stream.names()]
    if stream.accept("schema"):
        return [_schema(session, name) for name in stream.names()]
    if stream.accept("procedure"):
        return [find_procedure(session, parts) for parts in _names_of_procedures(stream)]
    stream.accept("table")
    targets: list[grants.Securable] = [*_table_targets(session, stream)]
    if not stream.looking_at(before):
        raise stream.error()
    return targets


def _names_of_procedures(stream: TokenStream) -> list[list[str]]:
    found = [stream.qualified_name()]
    while stream.accept(","):
        found.append(stream.qualified_name())
    return found


def _schema(session: Session, name: str) -> grants.Securable:
    database, _ = find_schema(session, [name])
    schema = database.schemas.get(name)
    if schema is None:
        raise SqlError(f"cannot change the privileges of the schema {name}", users.NO_PRIVILEGE)
    return schema


def _check_right(session: Session, target: grants.Securable, privileges: list[str]) -> None:
    for privilege in ("GRANT", *privileges):
        grants.require(session.engine.catalog, session.user, target, privilege)


def _table_targets(session: Session, stream: TokenStream) -> list[Relation]:
    found = matching_tables(session, table_pattern(stream))
    while stream.accept(","):
        found += matching_tables(session, table_pattern(stream))
    return found


def table_pattern(stream: TokenStream) -> list[str]:
    """The parts of a table's name; the last one is ``*`` for all tables of what comes before."""
    parts: list[str] = []
    while not stream.accept("*"):
        parts.append(stream.expect_identifier())
        if not stream.accept("."):
            return parts
    return [*parts, "*"]


def matching_tables(session: Session, parts: list[str]) -> list[Relation]:
    """The table of this name, or all that a pattern means. Raises SqlError (42P01, 3F000)."""
    if parts[-1] != "*":
        return [find_named(session, parts).relation]
    database, schema = find_schema(session, parts[:-1])
    return session.engine.catalog.relations_in(database.name, schema)


# --- roles -----------------------------------------------------------------------------------


def _grant_roles(session: Session, stream: TokenStream) -> Answer:
    roles = stream.names()
    stream.expect("to")
    members = stream.names()
    admin = stream.accept("with", "admin", "option")
    stream.expect_end()
    catalog = session.engine.catalog
    _check_role_admin(catalog, session.user, roles)
    _check_known(catalog, [*roles, *members])
    changed = False
    with session.engine.change(session):
        catalog = session.engine.catalog
        for role in roles:
            for member in members:
                _check_cycle(catalog, role, member)
                held = catalog.users[member].member_of
                changed |= role not in held or (admin and not held[role])
                held[role] = admin or held.get(role, False)
    _announce_membership(session, changed)
    return Answer("GRANT")


def _revoke_roles(session: Session, stream: TokenStream) -> Answer:
    only_admin = stream.accept("admin", "option", "for")
    roles = stream.names()
    stream.expect("from")
    members = stream.names()
    stream.expect_end()
    catalog = session.engine.catalog
    _check_role_admin(catalog, session.user, roles)
    _check_known(catalog, [*roles, *members])
    if users.ADMIN in roles and users.ROOT in members:
        raise SqlError(
            "role/user root cannot be removed from role admin or lose the ADMIN OPTION", _IN_USE
        )
    changed = False
    with session.engine.change(session):
        for role in roles:
            for member in members:
                held = session.engine.catalog.users[member].member_of
                changed |= role in held
                if only_admin and role in held:
                    held[role] = False
                else:
                    held.pop(role, None)
    _announce_membership(session, changed)
    return Answer("REVOKE")


def _announce_membership(session: Session, changed: bool) -> None:
    if changed:
        session.engine.announce(session, "updating version for role membership table")


def _check_role_admin(catalog: Catalog, user: str, roles: list[str]) -> None:
    held = catalog.users[user].member_of if user in catalog.users else {}
    for role in roles:
        if users.is_admin(catalog, user) and role != users.ADMIN:
            continue
        if not held.get(role, False):
            what = "a role admin" if role == users.ADMIN else "a superuser or role admin"
            raise SqlError(f"{user} is not {what} for role {role}", users.NO_PRIVILEGE)


def _check_known(catalog: Catalog, wanted: list[str]) -> None:
    for name in wanted:
        if name in catalog.users:
            continue
        option = name.upper()
        known = option in ("CREATEROLE", "NOCREATEROLE", "LOGIN", "NOLOGIN", "PASSWORD")
        hint = f"{option} is a role option, try using ALTER ROLE to change a role's options."
        raise SqlError(
            f"role/user {name} does not exist", users.UNDEFINED, hint=hint if known else None
        )


def _check_cycle(catalog: Catalog, role: str, member: str) -> None:
    if role == member:
        raise SqlError(f"{member} cannot be a member of itself", _INVALID_GRANT)
    if member in users.roles_of(catalog, role):
        text = f"making {member} a member of {role} would create a cycle"
        raise SqlError(text, _INVALID_GRANT)
