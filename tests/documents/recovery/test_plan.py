"""What somebody reads on the day on which data is lost: right commands, and no false hope."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from kwtui.documents.recovery.facts import (
    BackupLine,
    DatabaseRecovery,
    Measured,
    RecoveryFacts,
)
from kwtui.documents.recovery.plan import LANGUAGES, recovery_plan
from kwtui.documents.recovery.scenarios import STEPS, Act, Scenario
from kwtui.documents.recovery.words import Words
from kwtui.model.contact import Contact

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
BEST = "kwtui/shop/20261130T011500Z"
SHOP = DatabaseRecovery(
    name="shop",
    state="SAFE",
    reason="can come back",
    backups=(BackupLine(BEST, NOW - timedelta(hours=8), 4, 1_200_000, 119_000_000),),
    best=BEST,
    best_at=NOW - timedelta(hours=8),
    best_proof=4,
    restore=Measured(90.0, 80.0, 120.0, 3),
    last_drill=NOW - timedelta(days=2),
    max_age=timedelta(hours=26),
    not_included=("streams are not restored",),
)
PLANT = DatabaseRecovery(name="plant", state="NEVER", reason="no backup", backups=())
FACTS = RecoveryFacts(
    made_at=NOW,
    kwtui_version="1.0",
    host="db1",
    options=("--profile", "prod"),
    extern="/var/lib/kaiwudb/extern",
    cluster_id="c-1",
    server_version="3.1.0",
    databases=(SHOP, PLANT),
    contacts=(Contact("Anna", "DBA", "+49 30 1", "a@example.com", decides=True),),
    contacts_file="/etc/contacts.toml",
    targets=("s3://vault/kwdb",),
    wal_level=2,
    nodes=3,
)


def section(text: str, scenario: Scenario, language: str = "en") -> str:
    title = LANGUAGES[language].scenarios[scenario].title
    return text.split(f"## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_scenario_and_step_has_words(language: str) -> None:
    words = LANGUAGES[language]
    assert set(words.scenarios) == set(Scenario) == set(STEPS)
    assert set(words.acts) == set(Act)
    text = recovery_plan(FACTS, language)
    for scenario in Scenario:
        assert words.scenarios[scenario].lost in section(text, scenario, language)
        for step in STEPS[scenario]:
            assert words.acts[step.act] in section(text, scenario, language)


def test_both_languages_fill_in_the_same() -> None:
    def names(text: object) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text)) if isinstance(text, str) else set()

    english, chinese = LANGUAGES["en"], LANGUAGES["zh"]
    for each in fields(Words):
        one, other = getattr(english, each.name), getattr(chinese, each.name)
        assert names(one) == names(other), each.name
        if isinstance(one, tuple):
            assert len(one) == len(other), each.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_name_set_server_and_database(language: str) -> None:
    text = recovery_plan(FACTS, language)
    lost = section(text, Scenario.DATABASE, language)
    assert f"       kwtui restore {BEST} --as shop --profile prod\n" in lost
    assert f"kwtui restore {BEST} --as shop --yes-replace shop --profile prod\n" in lost
    assert "kwtui offsite fetch s3://vault/kwdb" in section(text, Scenario.SITE, language)
    script = section(text, Scenario.NO_KWTUI, language)
    assert f"cd /var/lib/kaiwudb/extern/{BEST}\n" in script
    assert "./restore.sh --as shop_restored psql" in script


def test_it_says_what_is_lost_how_long_it_takes_and_who_decides() -> None:
    text = recovery_plan(FACTS, "en")
    assert "since 2026-11-30 01:00 UTC" in text
    assert "shop 1 min 30 s (3 measured, 1 min 20 s to 2 min" in text
    assert "plant never measured" in text
    assert "- Who decides: Anna\n" in section(text, Scenario.TABLE)
    assert "shop: streams are not restored" in text


def test_what_cannot_come_back_is_said_and_not_offered() -> None:
    text = recovery_plan(FACTS, "en")
    assert "**Nothing can be restored of: plant.**" in section(text, Scenario.DATABASE)
    assert "kwtui restore  " not in text
    assert "| plant | NEVER: no backup | **none** |  | **everything** |" in text
    without = recovery_plan(replace(FACTS, targets=()), "en")
    assert "There are no off-site copies: nothing can be restored." in section(
        without, Scenario.SITE
    )
    assert "offsite" not in section(without, Scenario.RANSOM)
    nobody = recovery_plan(replace(FACTS, contacts=()), "en")
    assert "Write the people into `/etc/contacts.toml`" in nobody


def test_foreign_names_stay_names() -> None:
    odd = replace(
        SHOP, name="a|b\n# **x**`\x1b[31m", best="kwtui/a=7Cb/20261130T011500Z", reason="<b>|"
    )
    text = recovery_plan(replace(FACTS, databases=(odd,)), "en")
    assert "\x1b" not in text
    assert "\n# **x**" not in text
    table = section_of(text, "What can come back")
    (row,) = [line for line in table.splitlines() if "20261130T011500Z" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 8, "seven cells"


def section_of(text: str, title: str) -> str:
    return text.split(f"## {title}\n")[1].split("\n## ")[0]
