"""The pages of the manual, found by topic. They ship in the package: a host may have no network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError, lines_of

FOLDER = Path(__file__).resolve().parent

TOPICS = {
    "install": "Install, also without a network; upgrade and remove.",
    "first-backup": "Back up a database for the first time, step by step.",
    "proof-levels": "What P0 to P4 show, and how a backup reaches them.",
    "board": "Whether every database can come back: board, time line, status.",
    "restore": "Restore, rehearse, continue, and restore without kwtui.",
    "retention": "Pin, delete and prune backups; remove leftovers.",
    "incremental": "Backups of what changed, each complete by itself.",
    "offsite": "Copies of backups elsewhere: send, check, fetch, prune.",
    "advise": "Find a backup strategy, with its arithmetic.",
    "policies": "Unattended backups: policies, schedules, notices.",
    "agents": "What AI agents may do, and how a person approves it.",
    "runs": "How runs work: follow, cancel, signals, locks.",
    "commands": "Every command with its options and examples.",
    "keys": "Every key of the interface, and how to change keys.",
    "json": "The JSON that commands print, for scripts.",
    "exit-codes": "Every exit code and what it means.",
    "configuration": "Profiles, environment variables, files.",
    "safety": "How kwtui protects data, passwords and what exists.",
    "security": "Who is trusted with what, what was attacked, how to report.",
    "sandbox": "The built-in stand-in for a KWDB node.",
    "performance": "What kwtui costs in time, memory and bytes over SSH.",
    "glossary": "The terms of this manual.",
}
"""Each topic with what its page is about, in the order in which one reads them."""


@dataclass(frozen=True, slots=True)
class Page:
    """``text`` is Markdown; its first line is the title."""

    topic: str
    text: str

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0].removeprefix("# ")


def read_page(topic: str) -> Page:
    """The page of a topic. Raises KwtuiError (USAGE) for a word that is no topic."""
    if topic not in TOPICS:
        raise KwtuiError(
            f"The manual has no topic {topic!r}.",
            hint=_instead(topic),
            exit_code=ExitCode.USAGE,
        )
    return Page(topic, (FOLDER / f"{topic}.md").read_text(encoding="utf-8"))


def _instead(word: str) -> str:
    near = nearest_topic(word)
    return lines_of(
        f"Did you mean: kwtui manual {near}" if near else "",
        "All topics: kwtui manual. Options of a command: kwtui COMMAND --help",
    )


def nearest_topic(word: str) -> str:
    """The topic that a person most likely meant; empty when none is near."""
    from difflib import get_close_matches

    wanted = word.casefold().replace("_", "-").replace(" ", "-").removesuffix(".md")
    parts = [topic for topic in TOPICS if wanted in (topic, *topic.split("-"))]
    near = parts or get_close_matches(wanted, TOPICS, n=1, cutoff=0.6)
    return near[0] if near else ""
