"""What a language must have words for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kwtui.model.schema import Engine


@dataclass(frozen=True)
class RestoreWords:
    """Templates of one language; names in braces are filled in."""

    title: str
    """{database}"""
    made: str
    """{when} {version}"""
    engine: str
    """{engine}"""
    engines: Mapping[Engine, str]
    server: str
    """{version} {cluster} {node}"""
    totals: str
    """{tables} {rows} {size}"""
    proof: str
    """{level}"""
    instant: str
    """{timestamp}"""
    label: str
    """{label}"""
    accounts: str
    """{names}"""
    held: str
    held_head: tuple[str, str, str, str]
    missing: str
    missing_note: str
    """Before the list, which kwtui wrote in English when it made the backup."""
    nothing_missing: str
    how: str
    how_to: str
    """{source}"""
    staging: str
    inserts: str
    steps: str
    statements: str
    """{title} {count}"""
    rows_inserted: str
    """{title} {folder}"""
    acts: Mapping[str, str]
    """What a step does, by its name; {subject} {number} {of}. None: its own title says it."""
    explanations: Mapping[str, str]
    """Why a step is needed, by its name; where there are no ``acts`` its own words."""
    one_of: str
    """{title} {number} {of}: of a step that was divided."""
    check: str
    check_words: str
    unknown_count: str
    expiring: str
    """{count} {seconds}"""
    by_hand: str
    by_hand_words: str
