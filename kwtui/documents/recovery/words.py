"""What a language must have words for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kwtui.documents.recovery.scenarios import Act, Scenario


@dataclass(frozen=True)
class ScenarioWords:
    title: str
    lost: str


@dataclass(frozen=True)
class Words:
    """Templates of one language; names in braces are filled in."""

    title: str
    made: str
    """{when} {host} {version}"""
    renew: str
    """{command}"""
    where: str
    where_head: tuple[str, str]
    backups_lie: str
    server_version: str
    cluster: str
    options: str
    copies: str
    no_copies: str
    wal: str
    nodes: str
    state: str
    state_head: tuple[str, ...]
    nothing_proven: str
    never: str
    never_restored: str
    measured: str
    """{usual} {fastest} {slowest} {times}"""
    loss: str
    """{when}"""
    loss_all: str
    promise: str
    """{span}"""
    contacts: str
    contacts_head: tuple[str, ...]
    no_contacts: str
    """{file}"""
    yes: str
    not_covered: str
    not_covered_always: tuple[str, ...]
    backups: str
    backups_head: tuple[str, ...]
    no_backups: str
    damaged: str
    unknown: str
    lost: str
    takes: str
    who: str
    anybody: str
    elsewhere_missing: str
    nothing_to_restore: str
    """{names}"""
    scenarios: Mapping[Scenario, ScenarioWords]
    acts: Mapping[Act, str]
