"""The tables of the database ``system`` that the sandbox keeps: users, roles, settings, names.

On a node these are stored tables; here their rows are read from the catalogue. Definitions: the
``meta.sql`` files of recording 03, recording 12, and KWDB's own table definitions. The other tables
that SHOW TABLES FROM system lists hold protocol buffers of the node, which the sandbox has none of.
"""

from __future__ import annotations

from kwtui.sandbox.answers.rowset import reference
from kwtui.sandbox.catalog.objects import ColumnDef, IndexDef, Relation, RelationKind
from kwtui.sandbox.values.types import type_from_text

SYSTEM, PUBLIC = "system", "public"

# Descriptor id, columns with types ("!" for NOT NULL), primary key length, column families.
_DEFINITIONS: dict[str, tuple[int, str, int, list[tuple[str, list[str]]]]] = {
    "namespace": (2, "parentID INT8!|parentSchemaID INT8!|name STRING!|id INT8", 3, []),
    "users": (
        4,
        "username STRING!|hashedPassword BYTES|isRole BOOL!",
        1,
        [
            ("primary", ["username"]),
            ("fam_2_hashedPassword", ["hashedPassword"]),
            ("fam_3_isRole", ["isRole"]),
        ],
    ),
    "settings": (6, "name STRING!|value STRING!|lastUpdated TIMESTAMP!|valueType STRING", 1, []),
    "role_members": (
        23,
        "role STRING!|member STRING!|isAdmin BOOL!",
        2,
        [("primary", ["role", "member"]), ("fam_3_isAdmin", ["isAdmin"])],
    ),
    "comments": (
        24,
        "type INT8!|object_id INT8!|sub_id INT8!|comment STRING!",
        3,
        [("primary", ["type", "object_id", "sub_id"]), ("fam_4_comment", ["comment"])],
    ),
    "namespace2": (30, "parentID INT8!|parentSchemaID INT8!|name STRING!|id INT8", 3, []),
    "role_options": (33, "username STRING!|option STRING!|value STRING", 2, []),
}
_DEFAULTS = {("users", "isRole"): "false", ("settings", "lastUpdated"): "now():::TIMESTAMP"}


def names() -> list[str]:
    """Every table of the database, as SHOW TABLES FROM system lists them (recording 01)."""
    listed: list[str] = reference("system_tables")
    return listed


def relation(name: str) -> Relation | None:
    """The definition of a system table, ``None`` for one that the sandbox does not keep."""
    if name not in _DEFINITIONS:
        return None
    descriptor_id, written, key_length, families = _DEFINITIONS[name]
    columns = [
        _column(place, name, definition)
        for place, definition in enumerate(written.split("|"), start=1)
    ]
    key = [(column.name, "ASC") for column in columns[:key_length]]
    every = [column.name for column in columns]
    return Relation(
        descriptor_id,
        name,
        PUBLIC,
        SYSTEM,
        RelationKind.TABLE,
        columns=columns,
        primary=IndexDef(1, "primary", key, unique=True),
        families=families or [(_family_name(name, every), every)],
    )


def relations() -> list[Relation]:
    """The system tables that the sandbox keeps, by id."""
    return [found for name in _DEFINITIONS if (found := relation(name)) is not None]


def _family_name(name: str, columns: list[str]) -> str:
    return "primary" if name == "role_options" else f"fam_0_{'_'.join(columns)}"


def _column(place: int, table: str, definition: str) -> ColumnDef:
    name, type_text = definition.rstrip("!").split(" ")
    return ColumnDef(
        place,
        name,
        type_from_text(type_text),
        nullable=not definition.endswith("!"),
        default=_DEFAULTS.get((table, name)),
    )
