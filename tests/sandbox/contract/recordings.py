"""The recordings as data: which there are, what each line asks, what each one builds on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parents[2] / "data" / "recordings"

REPLAYED = (
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "07",
    "08",
    "09",
    "12",
    "13",
    "14",
    "16",
    "17",
    "18",
    "19",
    "20",
)
"""Recorded in this order on one node. 10, 11 and 15 are situations on nodes of their own, staged in
test_situations, test_tls and test_cluster."""

NEEDS: dict[str, tuple[str, ...]] = {
    "02": ("01",),
    "03": ("01", "02"),
    "04": ("01", "02", "03"),
    "05": ("01", "02", "03", "04"),
    "06": ("01", "02", "03", "04", "05"),
    "07": ("01", "02", "03", "04", "05", "06"),
    "08": ("05", "06"),
    "12": ("01", "02"),
    "13": ("12",),
    "18": ("17",),
}
"""What has to be replayed before a file: data, exports and jobs that its statements meet."""


@dataclass(frozen=True)
class Step:
    """One line of a recording: a statement with its answer, or a directive."""

    file: str
    """The file's number, such as ``03``."""
    index: int
    """The line's number, from 0."""
    line: dict[str, Any]

    @property
    def title(self) -> str:
        """What was asked, on one line."""
        text = self.line.get("sql") or self.line.get("directive") or self.line.get("situation", "")
        return " ".join(str(text).split())

    @property
    def is_checked(self) -> bool:
        """Whether an answer is compared: all but the directives that only reconnect."""
        return not str(self.line.get("directive", "")).startswith(("db ", "user "))


def path_of(number: str) -> Path:
    """The file of a recording's number."""
    (found,) = DIRECTORY.glob(f"{number}-*.jsonl")
    return found


def load(number: str) -> list[Step]:
    """The steps of one recording, in order."""
    with open(path_of(number), encoding="utf-8") as lines:
        return [Step(number, index, json.loads(line)) for index, line in enumerate(lines)]


def needed_for(number: str) -> list[str]:
    """The files to replay, in order, to see this one; it is the last."""
    return [*NEEDS.get(number, ()), number]
