"""Cluster settings: their values, what may be stored in them, and how the node lists them.

Names, types, defaults and descriptions are the node's own (recording 01). Types: b boolean,
i integer, f float, d duration, z byte size, s string, e one of the words in the description.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from functools import cache

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.answers.rowset import BOOL, FLOAT8, INT8, TEXT, RowSet, reference, rowset
from kwtui.sandbox.catalog.objects import Catalog

_INTERVAL = 1186
_OIDS = {"b": BOOL, "i": INT8, "f": FLOAT8, "d": _INTERVAL}
_TYPE_NAMES = {"b": "bool", "i": "int", "f": "float", "d": "interval", "z": "string", "s": "string"}
_LISTED = "variable value setting_type description"
_SECRET = "cluster.secret"  # noqa: S105 - the name of a setting, derived for each cluster

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}
_UNITS["h"] = 60 * _UNITS["m"]
_WORDS = {"second": "s", "minute": "m", "hour": "h", "millisecond": "ms", "microsecond": "us"}
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgtpe]?)(i?)b?\s*\Z", re.IGNORECASE)
_PART = re.compile(r"(-?\d+(?:\.\d+)?)\s*([a-zµ]+)\s*", re.IGNORECASE)
_CLOCK = re.compile(r"(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?\Z")

# Bounds that the node checks itself, with the tail of its message (KWDB's documentation of
# cluster settings and the descriptions of recording 01).
_BOUNDS = {
    "capacity.stats.period": (1, 10000, "capacity stats period should be [1, 10000]"),
    "ts.table_cache.capacity": (1, 2**31 - 1, "ts.table_cache.capacity is [1, 2147483647]"),
    "ts.compact.max_limit": (1, 1000, "ts.compact.max_limit is [1, 1000]"),
    "ts.rows_per_block.max_limit": (1, 2**31 - 1, "ts.rows_per_block.max_limit is [1, 2147483647]"),
    "ts.rows_per_block.min_limit": (1, 2**31 - 1, "ts.rows_per_block.min_limit is [1, 2147483647]"),
}


@dataclass(frozen=True)
class Setting:
    name: str
    kind: str
    default: str
    description: str
    public: bool

    @property
    def words(self) -> dict[str, int]:
        """The choices of an ``e`` setting, as its description lists them: word to number."""
        listing = re.search(r"\[([^\]]*)\]\s*\Z", self.description)
        pairs = listing.group(1).split(", ") if listing else []
        return {word: int(number) for word, _, number in (pair.partition(" = ") for pair in pairs)}


@cache
def known() -> dict[str, Setting]:
    """All settings by name, in the order of the list."""
    return {
        row["variable"]: Setting(
            row["variable"], row["type"], row["value"], row["description"], row["public"]
        )
        for row in reference("cluster_settings")
    }


def value_of(catalog: Catalog, name: str) -> str:
    """The value as SHOW CLUSTER SETTINGS prints it."""
    if name in catalog.settings:
        return catalog.settings[name]
    if name == _SECRET:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, catalog.cluster_id))
    return known()[name].default


def show_list(catalog: Catalog, *, hidden: bool) -> RowSet:
    """SHOW CLUSTER SETTINGS; with ``hidden`` SHOW ALL CLUSTER SETTINGS."""
    rows = [
        (setting.name, value_of(catalog, setting.name), setting.kind, setting.description)
        for setting in known().values()
        if hidden or setting.public
    ]
    return rowset(_LISTED, rows)


def table(catalog: Catalog) -> RowSet:
    """``kwdb_internal.cluster_settings``."""
    rows = [
        (s.name, value_of(catalog, s.name), s.kind, s.public, s.description)
        for s in known().values()
    ]
    return rowset("variable value type public:16 description", rows)


def show_one(catalog: Catalog, name: str) -> RowSet:
    """SHOW CLUSTER SETTING name: the value in its own type (recording 07).

    Raises:
        SqlError: there is no such setting.
    """
    setting = known().get(name.lower())
    if setting is None:
        raise SqlError(f'unknown setting: "{name.lower()}"')
    value = value_of(catalog, setting.name)
    if setting.kind == "b":
        value = "t" if value == "true" else "f"
    elif setting.kind == "d":
        value = _interval_text(_nanoseconds(value))
    return rowset(f"{setting.name}:{_OIDS.get(setting.kind, TEXT)}", [[value]])


def store(catalog: Catalog, name: str, value: str | None) -> None:
    """SET CLUSTER SETTING; ``None`` means DEFAULT, which is what RESET does.

    Raises:
        SqlError: unknown setting, or a value of the wrong type or out of bounds.
    """
    setting = known().get(name.lower())
    if setting is None:
        raise SqlError(f"unknown cluster setting '{name.lower()}'")
    if value is None:
        catalog.settings.pop(setting.name, None)
        return
    catalog.settings[setting.name] = _checked(setting, value)


def _checked(setting: Setting, value: str) -> str:
    if setting.kind == "b":
        return _boolean(value)
    if setting.kind == "i":
        return _integer(setting, value)
    if setting.kind == "f":
        return f"{_number(setting, value):g}"
    if setting.kind == "d":
        return _duration_text(_nanoseconds(value))
    if setting.kind == "z":
        return _size_text(_bytes(value))
    if setting.kind == "e":
        return _word(setting, value)
    return value


def _boolean(value: str) -> str:
    lowered = value.strip().lower()
    if lowered in ("true", "t", "on", "yes", "y", "1"):
        return "true"
    if lowered in ("false", "f", "off", "no", "n", "0"):
        return "false"
    raise SqlError(f'could not parse "{value}" as type bool: invalid bool value', "22P02")


def _integer(setting: Setting, value: str) -> str:
    try:
        number = int(value)
    except ValueError:
        raise _wrong_type(setting) from None
    low, high, tail = _BOUNDS.get(setting.name, (number, number, ""))
    if not low <= number <= high:
        raise SqlError(f"invalid value, the range of {tail}")
    return str(number)


def _number(setting: Setting, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise _wrong_type(setting) from None


def _wrong_type(setting: Setting) -> SqlError:
    wanted = _TYPE_NAMES[setting.kind]
    return SqlError(
        f"argument of SET CLUSTER SETTING {setting.name} must be type {wanted}, not type string",
        "42804",
    )


def _word(setting: Setting, value: str) -> str:
    for word, number in setting.words.items():
        if value.lower() == word or value == str(number):
            return word
    kind = "integer" if value.lstrip("-").isdigit() else "string"
    raise SqlError(f"invalid {kind} value '{value}' for enum setting")


def _bytes(value: str) -> int:
    match = _SIZE.match(value)
    if match is None:
        raise SqlError(f'could not parse "{value}" as a byte size')
    number, prefix, binary = match.groups()
    power = " kmgtpe".index(prefix.lower()) if prefix else 0
    return int(float(number) * (1024 if binary else 1000) ** power)


def _size_text(size: int) -> str:
    if size < 10:
        return f"{size} B"
    value, unit = float(size), 0
    while value >= 1024 and unit < len(_SIZES) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {_SIZES[unit]}" if value < 10 else f"{value:.0f} {_SIZES[unit]}"


def _nanoseconds(value: str) -> int:
    """A duration in Go's form (``1m0s``), as words (``5 minutes``), a clock, or bare seconds."""
    stripped = value.strip().lower()
    clock = _CLOCK.match(stripped)
    if clock:
        hours, minutes, seconds = clock.groups()
        return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds or 0)) * 10**9)
    if re.fullmatch(r"-?\d+(\.\d+)?", stripped):
        return round(float(stripped) * 10**9)
    total, rest = 0.0, stripped
    while rest:
        part = _PART.match(rest)
        unit = part.group(2) if part else ""
        unit = _WORDS.get(unit.removesuffix("s"), unit)
        if part is None or unit not in _UNITS:
            raise SqlError(f'could not parse "{value}" as type interval', "22007")
        total += float(part.group(1)) * _UNITS[unit]
        rest = rest[part.end() :]
    return round(total)


def _duration_text(nanoseconds: int) -> str:
    """Go's form: ``1h0m0s``, ``1m0s``, ``10s``, ``100ms``, ``0s``."""
    if nanoseconds == 0:
        return "0s"
    if abs(nanoseconds) < _UNITS["s"]:
        unit = "ms" if nanoseconds >= _UNITS["ms"] else "µs"
        return f"{nanoseconds / _UNITS[unit]:g}{unit}"
    hours, rest = divmod(nanoseconds, _UNITS["h"])
    minutes, rest = divmod(rest, _UNITS["m"])
    seconds = f"{rest / _UNITS['s']:.9f}".rstrip("0").rstrip(".")
    text = f"{seconds}s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{hours}h{text}" if hours else text


def _interval_text(nanoseconds: int) -> str:
    seconds, fraction = divmod(nanoseconds, _UNITS["s"])
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    tail = f".{fraction // 1000:06d}".rstrip("0") if fraction else ""
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{tail}"
