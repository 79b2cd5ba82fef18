"""Zone configurations: replication and garbage collection options of ranges, databases and tables.

What every node has, and how it prints them: recordings 08 and 12.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.rowset import RowSet, rowset
from kwtui.sandbox.catalog.objects import Catalog, DatabaseDef, Relation
from kwtui.sandbox.language.lexer import quote_identifier

if TYPE_CHECKING:
    from collections.abc import Iterable

Options = dict[str, str]

_SIZES = {"range_min_bytes": "134217728", "range_max_bytes": "536870912"}
_REST = {"num_replicas": "1", "constraints": "'[]'", "lease_preferences": "'[]'"}
_ORDER = (
    "range_min_bytes",
    "range_max_bytes",
    "gc.ttlseconds",
    "num_replicas",
    "ts_merge.days",
    "constraints",
    "lease_preferences",
)
_OPTION = re.compile(r"\s*([a-z_.]+)\s*=\s*('(?:[^']|'')*'|[^,]+?)\s*(?:,|\Z)", re.IGNORECASE)


def _every(seconds: int) -> Options:
    return {**_SIZES, "gc.ttlseconds": str(seconds), **_REST}


def _statistics() -> Options:
    return {"gc.ttlseconds": "600", **_REST}


_DEFAULT: Options = {**_every(90000), "ts_merge.days": "240h0m0s"}


@dataclass(frozen=True)
class Zone:
    """One configured zone. ``target`` is what ALTER … CONFIGURE ZONE names."""

    id: int
    target: str
    options: Options
    range_name: str | None = None
    database: str | None = None
    table: str | None = None

    @property
    def sql(self) -> str:
        """The statement that makes this configuration."""
        return statement(self.target, self.options)

    @property
    def yaml(self) -> str:
        """The options as the node keeps them in YAML."""
        lines = []
        for name, value in ordered(self.options):
            plain = value.strip("'")
            if name == "gc.ttlseconds":
                lines += ["gc:", f"  ttlseconds: {plain}"]
            else:
                lines.append(f"{name}: {plain}")
        return "\n".join(lines) + "\n"


_OF_A_NEW_NODE = (
    Zone(0, "RANGE default", _DEFAULT, range_name="default"),
    Zone(1, "DATABASE system", _every(90000), database="system"),
    Zone(16, "RANGE meta", _every(3600), range_name="meta"),
    Zone(17, "RANGE system", _every(90000), range_name="system"),
    Zone(22, "RANGE liveness", _every(600), range_name="liveness"),
    Zone(
        25,
        "TABLE system.public.replication_constraint_stats",
        _statistics(),
        database="system",
        table="replication_constraint_stats",
    ),
    Zone(
        27,
        "TABLE system.public.replication_stats",
        _statistics(),
        database="system",
        table="replication_stats",
    ),
)


def parse(text: str) -> Options:
    """Options from ``name = value`` pairs separated by commas."""
    return {match[1].lower(): match[2] for match in _OPTION.finditer(text)}


def ordered(options: Options) -> list[tuple[str, str]]:
    """Options in the order that the node prints them."""
    names = [name for name in _ORDER if name in options]
    names += [name for name in options if name not in _ORDER]
    return [(name, options[name]) for name in names]


def statement(target: str, options: Options) -> str:
    """``ALTER … CONFIGURE ZONE USING`` with one option a line."""
    lines = ",\n\t".join(f"{name} = {value}" for name, value in ordered(options))
    return f"ALTER {target} CONFIGURE ZONE USING\n\t{lines}"


def configured(catalog: Catalog) -> list[Zone]:
    """All zones with a configuration of their own, by id."""
    found = list(_OF_A_NEW_NODE)
    for database in catalog.databases.values():
        if database.zone:
            found.append(_of_database(database))
    for relation in catalog.relations.values():
        if relation.zone:
            found.append(_of_relation(relation))
    return sorted(found, key=lambda zone: zone.id)


def _of_database(database: DatabaseDef) -> Zone:
    target = f"DATABASE {quote_identifier(database.name)}"
    return Zone(database.id, target, parse(database.zone or ""), database=database.name)


def _of_relation(relation: Relation) -> Zone:
    parts = (relation.database, relation.schema, relation.name)
    target = "TABLE " + ".".join(quote_identifier(part) for part in parts)
    options = parse(relation.zone or "")
    return Zone(relation.id, target, options, database=relation.database, table=relation.name)


def statements_of(relation: Relation) -> list[str]:
    """The zone configuration statements of a table, as ``create_statements`` lists them."""
    return [_of_relation(relation).sql] if relation.zone else []


def show_all(catalog: Catalog) -> RowSet:
    """SHOW ZONE CONFIGURATIONS."""
    return _shown((zone.target, zone.sql) for zone in configured(catalog))


def show_range(catalog: Catalog, name: str) -> RowSet | None:
    """SHOW ZONE CONFIGURATION FOR RANGE; ``None`` for a range that does not exist."""
    for zone in _OF_A_NEW_NODE:
        if zone.range_name == name:
            return _shown([(zone.target, zone.sql)])
    return None


def show_database(database: DatabaseDef) -> RowSet:
    """SHOW ZONE CONFIGURATION FOR DATABASE: the default's if it has none of its own."""
    if database.zone is None:
        return _shown([("RANGE default", statement("RANGE default", _DEFAULT))])
    zone = _of_database(database)
    return _shown([(zone.target, statement(zone.target, _merged(zone.options)))])


def show_table(database: DatabaseDef, relation: Relation, written: str) -> RowSet:
    """SHOW ZONE CONFIGURATION FOR TABLE, under the name that was written."""
    if relation.zone is None:
        return show_database(database)
    inherited = parse(database.zone or "")
    options = _merged({**inherited, **parse(relation.zone)})
    target = f"TABLE {written}"
    return _shown([(target, statement(target, options))])


def full_sql(catalog: Catalog, zone: Zone) -> str:
    """The statement with everything that a zone inherits."""
    return statement(zone.target, _merged(zone.options))


def _merged(options: Options) -> Options:
    return {**_every(90000), **options}


def _shown(rows: Iterable[tuple[str, str]]) -> RowSet:
    return rowset("target raw_config_sql", rows)
