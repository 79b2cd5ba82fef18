"""How long a label may be: it stands in every list of backups. Pure."""

from __future__ import annotations

from kwtui.errors import ExitCode, KwtuiError

LONGEST_LABEL = 100
"""Characters."""


def label_problem(text: str) -> str:
    """Why it is no label, in words; empty where it is one, or no text at all."""
    if not text.isprintable():
        return "A label is one line of printable text."
    if len(text) > LONGEST_LABEL:
        return f"A label has at most {LONGEST_LABEL} characters; this one has {len(text)}."
    return ""


def check_label(text: str) -> None:
    """Raises KwtuiError (USAGE) for what is no label."""
    problem = label_problem(text)
    if problem:
        raise KwtuiError(
            problem,
            hint="Shorten it, or write it as a note beside the backup.",
            exit_code=ExitCode.USAGE,
        )
