"""Collations of strings: their names, and the order that they give.

Names are those of recordings 08 and 19; the words of refusals are KWDB's (3.2.1,
``sql/logictest/testdata/logic_test/collatedstring``).
"""

from __future__ import annotations

import re

from kwtui.sandbox.answers.answer import SqlError, not_implemented
from kwtui.sandbox.language.keywords import words
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.sql_type import SqlType

ORDERED = words(
    """af am ar ar_sa as az be bg bn bo br bs ca ceb chr cs cy da de de_at dsb ee el en en_us eo es
    et fa fa_af ff fi fil fo fr fr_ca fy ga gl gu ha haw he he_il hi hr hsb hu hy id id_id ig is it
    ja ka kk kl km kn ko kok ku ky lb lkt ln lo lt lv mk ml mn mr ms mt my nb nb_no ne nl nn no om
    or pa pa_in pl ps pt ro ru se si sk sl smn sq sr sr_ba sr_me sr_rs sv sw ta te th tk to tr ug
    uk ur uz vi wae wo xh yi yo zh zh_cn zh_hk zh_mo zh_sg zh_tw zu"""
)
"""Collations in whose order DuckDB sorts."""
_LANGUAGES = frozenset(name.split("_", maxsplit=1)[0] for name in ORDERED)


def accept_collation(stream: TokenStream) -> str | None:
    """Reads ``COLLATE name``; None if it is not there. Raises SqlError (42601, 0A000)."""
    if not stream.accept("collate"):
        return None
    name = stream.expect_identifier()
    parts = re.split("[-_]", name)
    formed = re.fullmatch(r"[A-Za-z]{2,8}", parts[0]) and all(
        re.fullmatch(r"[A-Za-z0-9]{1,8}", part) for part in parts[1:]
    )
    if not formed:
        raise SqlError(f"invalid locale {name}: language: tag is not well-formed", "42601")
    if parts[0].lower() not in _LANGUAGES:
        raise not_implemented(f"the collation {name}")
    return name


def collation_of(kind: SqlType | None) -> str:
    """The name behind COLLATE in a type; "" if it has none."""
    return "" if kind is None else kind.family.partition(" COLLATE ")[2]


def collated(kind: SqlType, name: str) -> SqlType:
    """The type with this collation in place of its own."""
    family = kind.family.split(" ", 1)[0]
    return SqlType(f"{family} COLLATE {name}", kind.args, kind.array)


def comparable_name(kind: SqlType | None) -> str:
    """A type as the node's refusals of comparisons print it; a literal is a string."""
    name = collation_of(kind)
    if name:
        return f"collatedstring{{{name}}}"
    return "string" if kind is None else kind.text.lower()


def check_comparable(left: SqlType | None, right: SqlType | None, operator: str) -> None:
    """Raises SqlError (22023) for strings of different collations."""
    if collation_of(left) != collation_of(right):
        raise SqlError(
            f"unsupported comparison operator: <{comparable_name(left)}> {operator}"
            f" <{comparable_name(right)}>",
            "22023",
        )


def check_sortable(kind: SqlType | None) -> str:
    """DuckDB's collation for the order of a type's values; "" if it has none of its own.

    Raises SqlError (0A000) for an order that the sandbox does not know.
    """
    name = collation_of(kind)
    known = name.lower().replace("-", "_")
    if known and known not in ORDERED:
        raise not_implemented(f"the order of the collation {name}")
    return known
