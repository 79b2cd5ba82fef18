"""Words DuckDB's errors as the node would."""

from __future__ import annotations

import re

import duckdb

from kwtui.sandbox.answers.answer import SqlError

_PATTERNS = [
    (
        r'Could not convert string "([^"]*)" to DECIMAL\(38,12\)',
        "the sandbox cannot compute with the DECIMAL value {0}",
        "0A000",
    ),
    (r'Referenced table "([^"]+)" not found', "no data source matches prefix: {0}", "42P01"),
    (r'Referenced column "([^"]+)" (?:was )?not found', 'column "{0}" does not exist', "42703"),
    (r'does not have a column named "([^"]+)"', 'column "{0}" does not exist', "42703"),
    (
        r'Ambiguous reference to column name "([^"]+)"',
        'column reference "{0}" is ambiguous',
        "42702",
    ),
    (
        r'Function with name "?([\w.]+)"? does not exist',
        "unknown function: {0}()",
        "42883",
    ),
    (r'Table with name "?([\w.]+)"? does not exist', 'relation "{0}" does not exist', "42P01"),
    (
        r'column "([^"]+)" must appear in the GROUP BY',
        'column "{0}" must appear in the GROUP BY clause or be used in an aggregate function',
        "42803",
    ),
    (
        r"Could not convert string '([^']*)' to (?:INT|BIGINT|SMALLINT|INTEGER)",
        'could not parse "{0}" as type int: strconv.ParseInt: parsing "{0}": invalid syntax',
        "22P02",
    ),
    (r"[Dd]ivision by zero", "division by zero", "22012"),
    (r"(?:Overflow|out of range)", "integer out of range", "22003"),
]


def from_duckdb(error: duckdb.Error) -> SqlError:
    """The node's error for one of DuckDB's; its own words where the node's are not known."""
    text = str(error)
    for pattern, message, sqlstate in _PATTERNS:
        if match := re.search(pattern, text):
            return SqlError(message.format(*match.groups()), sqlstate)
    if isinstance(error, duckdb.TransactionException):
        return SqlError(
            "restart transaction: TransactionRetryWithProtoRefreshError: WriteTooOldError", "40001"
        )
    first_line = text.strip().splitlines()[0]
    codes: dict[type[duckdb.Error], str] = {
        duckdb.BinderException: "42804",
        duckdb.ConversionException: "22P02",
        duckdb.ConstraintException: "23000",
        duckdb.OutOfRangeException: "22003",
    }
    return SqlError(first_line, codes.get(type(error), "XXUUU"))
