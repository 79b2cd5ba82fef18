"""The texts of ``meta.sql`` and ``users.sql``, and their way back into statements.

Every text was compared with the files of recordings 03, 06, 07, 08 and 14; the defects in them
(live-findings, rows 9, 16, 27; facts.md, 1.8) are the node's own: identifiers are quoted only for
their capitals, a time-series definition ends at its first semicolon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kwtui.sandbox.catalog.objects import Catalog, DatabaseDef, Relation, UserDef

# Settings that EXPORT CLUSTER SETTING leaves out (facts.md, 2.7).
_PRIVATE_SETTINGS = {"cluster.secret", "diagnostics.reporting.enabled", "version"}
_OPTION_OF_EVERY_USER = {"LOGIN"}


def half_quoted(name: str) -> str:
    """A name as these files print it: quoted for capitals, not for anything else."""
    return f'"{name}"' if any(char.isupper() for char in name) else name


def grant_lines(target: str, grants: Mapping[str, Iterable[str]]) -> list[str]:
    """``GRANT … ON <target> TO …;`` in the order of SHOW GRANTS; admin and root are left out."""
    return [
        f"GRANT {privilege} ON {target} TO {half_quoted(grantee)};"
        for grantee in sorted(grants)
        if grantee not in ("admin", "root")
        for privilege in sorted(grants[grantee])
    ]


def table_target(relation: Relation) -> str:
    """``TABLE db.schema.name`` for GRANT."""
    names = (relation.database, relation.schema, relation.name)
    return f"TABLE {'.'.join(map(half_quoted, names))}"


def relational_database(database: DatabaseDef, *, comment: bool, privileges: bool) -> str:
    """The root ``meta.sql`` of a relational export. Ends without a line feed."""
    name = half_quoted(database.name)
    lines = [f"CREATE DATABASE {name};"]
    if comment and database.comment:
        # Neither the name is quoted here nor the quotes of the comment are doubled.
        lines.append(f"COMMENT ON DATABASE {database.name} IS '{database.comment}';")
    if privileges:
        lines += grant_lines(f"DATABASE {name}", database.grants)
    return "\n".join(lines)


def schema(name: str, grants: Mapping[str, Iterable[str]], *, privileges: bool) -> str:
    """``<schema>/meta.sql``; there is none for ``public``."""
    quoted = half_quoted(name)
    lines = [f"CREATE SCHEMA {quoted};"]
    if privileges:
        lines += grant_lines(f"SCHEMA {quoted}", grants)
    return "".join(f"{line}\n" for line in lines)


def relational_table(create_text: str, relation: Relation, *, privileges: bool) -> str:
    """``meta.sql`` of a table; ``create_text`` has its comments already if they are wanted."""
    lines = [f"{create_text};"]
    if privileges:
        lines += grant_lines(table_target(relation), relation.grants)
    return "".join(f"{line}\n" for line in lines)


def time_series_table(
    create_text: str, relation: Relation, *, comment: bool, privileges: bool
) -> str:
    """A time-series table with its tag indexes; ``create_text`` is what SHOW CREATE prints."""
    # Without comments the node takes the text up to its first semicolon, wherever that stands.
    text = create_text if comment else create_text.split(";", 1)[0]
    names = ".".join(map(half_quoted, (relation.database, relation.schema, relation.name)))
    lines = [f"{text};"]
    for index in relation.indexes:
        columns = ", ".join(name for name, _ in index.columns)
        lines.append(f"CREATE INDEX {index.name} ON {names} ({columns});")
    if privileges:
        lines += grant_lines(table_target(relation), relation.grants)
    return "".join(f"{line}\n" for line in lines)


def time_series_database(
    database: DatabaseDef,
    tables: Iterable[tuple[str, Relation]],
    *,
    comment: bool,
    privileges: bool,
) -> str:
    """The only ``meta.sql`` of a time-series export. Retention and partitioning are not in it."""
    name = half_quoted(database.name)
    parts = [f"CREATE TS DATABASE {name};\n"]
    if comment and database.comment:
        parts.append(f"COMMENT ON DATABASE {database.name} IS '{database.comment}';\n")
    grants = grant_lines(f"DATABASE {name}", database.grants)
    for create_text, relation in tables:
        parts.append(time_series_table(create_text, relation, comment=comment, privileges=False))
        grants += grant_lines(table_target(relation), relation.grants)
    if privileges:
        parts += [f"{line}\n" for line in grants]
    return "".join(parts)


def users(catalog: Catalog) -> tuple[str, int]:
    """``users.sql`` and how many *users* are in it (roles and memberships do not count)."""
    own = [user for _, user in sorted(catalog.users.items()) if user.name not in ("root", "admin")]
    people = [user for user in own if not user.is_role]
    lines = [_create_user("USER", user) for user in people]
    lines += [_create_user("ROLE", user) for user in own if user.is_role]
    for user in own:
        for role, with_admin in sorted(user.member_of.items()):
            option = "WITH ADMIN OPTION" if with_admin else ""
            lines.append(f"GRANT {role} TO {user.name} {option};")
    return "".join(f"{line}\n" for line in lines), len(people)


def _create_user(kind: str, user: UserDef) -> str:
    options = [o for o in user.options if user.is_role or o not in _OPTION_OF_EVERY_USER]
    if not options:
        return f"CREATE {kind} {user.name};"
    return f"CREATE {kind} {user.name} WITH {' '.join(options)} ;"


def cluster_settings(settings: Mapping[str, str]) -> tuple[str, int]:
    """``clustersetting.sql`` and the number of its statements."""
    lines = []
    for name, value in sorted(settings.items()):
        if name not in _PRIVATE_SETTINGS:
            literal = value.replace("'", "''")
            lines.append(f"SET CLUSTER SETTING {name} = '{literal}';\n")
    return "".join(lines), len(lines)


def is_time_series(text: str) -> bool:
    """True if a root ``meta.sql`` belongs to a time-series export."""
    return text.upper().split()[:2] == ["CREATE", "TS"]


def statements(text: str) -> list[str]:
    """The statements of a file, without their semicolons and the white space around them."""
    return [stripped for part in _split(text) if (stripped := part.strip())]


def _split(text: str) -> Iterator[str]:
    start = pos = 0
    while pos < len(text):
        char = text[pos]
        if char in "'\"":
            pos = _after_quoted(text, pos)
        elif text.startswith("--", pos):
            end = text.find("\n", pos)
            pos = len(text) if end < 0 else end
        elif char == ";":
            yield text[start:pos]
            pos += 1
            start = pos
        else:
            pos += 1
    yield text[start:]


def _after_quoted(text: str, pos: int) -> int:
    """The position behind the quoted piece that begins at ``pos``."""
    quote = text[pos]
    prefix = text[pos - 1 : pos].lower()
    escapes = quote == "'" and prefix == "e" and not text[pos - 2 : pos - 1].isalnum()
    pos += 1
    while pos < len(text):
        if escapes and text[pos] == "\\":
            pos += 2
        elif text[pos] == quote:
            return pos + 1
        else:
            pos += 1
    return pos
