"""A shop's catalogue, made by hand: the objects of recordings 02 and 07 without their rows."""

from __future__ import annotations

from kwtui.sandbox.catalog.objects import (
    Catalog,
    CheckDef,
    ColumnDef,
    DatabaseDef,
    EngineType,
    ForeignKeyDef,
    IndexDef,
    Relation,
    RelationKind,
    SchemaDef,
    SequenceDef,
)
from kwtui.sandbox.values.types import type_from_text


def column(number: int, name: str, type_text: str, **more: object) -> ColumnDef:
    """A column; ``more`` are the fields of ColumnDef."""
    return ColumnDef(number, name, type_from_text(type_text), **more)  # type: ignore[arg-type]


def primary(*names: str) -> IndexDef:
    return IndexDef(1, "primary", [(name, "ASC") for name in names], unique=True)


def customers() -> Relation:
    return Relation(
        78,
        "customers",
        "public",
        "shop",
        RelationKind.TABLE,
        columns=[
            column(1, "id", "INT8", nullable=False),
            column(2, "name", "STRING", nullable=False, comment="full name"),
            column(3, "email", "STRING"),
            column(4, "vip", "BOOL", default="false"),
        ],
        primary=primary("id"),
        indexes=[
            IndexDef(2, "by_name", [("name", "ASC")]),
            IndexDef(3, "by_email", [("email", "ASC")], unique=True),
        ],
        comment="people who buy",
    )


def orders() -> Relation:
    return Relation(
        79,
        "orders",
        "public",
        "shop",
        RelationKind.TABLE,
        columns=[
            column(1, "id", "INT8", nullable=False),
            column(2, "customer_id", "INT8", nullable=False),
            column(3, "total", "DECIMAL(12,2)"),
            column(4, "note", "STRING", default="'p\\'q'"),
        ],
        primary=primary("id"),
        indexes=[IndexDef(2, "by_customer", [("customer_id", "DESC")], storing=["total"])],
        checks=[CheckDef("check_total", "total >= 0")],
        foreign_keys=[
            ForeignKeyDef("fk_customer", ["customer_id"], 78, ["id"], on_delete="CASCADE")
        ],
    )


def sequence() -> Relation:
    return Relation(
        80, "invoice_no", "public", "shop", RelationKind.SEQUENCE, sequence=SequenceDef(start=1000)
    )


def sensors() -> Relation:
    return Relation(
        90,
        "sensors",
        "public",
        "plant",
        RelationKind.TIME_SERIES,
        columns=[
            column(1, "ts", "TIMESTAMPTZ(3)", nullable=False),
            column(2, "temp", "FLOAT8"),
            column(3, "site", "INT4", nullable=False, is_tag=True, is_primary_tag=True),
            column(4, "area", "VARCHAR(20)", is_tag=True),
        ],
        retention_seconds=315360000,
    )


def add_shop(catalog: Catalog) -> None:
    """The databases ``shop`` and ``plant`` with what is in them."""
    catalog.databases["shop"] = DatabaseDef(
        77, "shop", comment="retail store", schemas={"archive": SchemaDef(81, "archive")}
    )
    catalog.databases["plant"] = DatabaseDef(
        89, "plant", EngineType.TIME_SERIES, retention="315360000s", partition_interval="5d"
    )
    for relation in (customers(), orders(), sequence(), sensors()):
        catalog.relations[relation.id] = relation
    catalog.next_id = 100
