"""The dialects that a tree may have been written with, as choices of a form. Pure."""

from __future__ import annotations

from kwtui.backups.csv.dialect import Certainty, DialectGuess
from kwtui.keys.spelling import spelled
from kwtui.widgets.form import Option


def dialect_options(guess: DialectGuess) -> list[Option]:
    """The dialects that the files allow, the likeliest first, with what speaks for it."""
    sure = guess.certainty >= Certainty.LIKELY
    options = []
    for number, dialect in enumerate(guess.candidates):
        label = f"{dialect.delimiter!r}, {dialect.enclosed} quotes, {dialect.charset}, NULL is "
        label += repr(dialect.null_text)
        likeliest = guess.reason if number == 0 else "Possible too, but less likely."
        doubt = (
            "" if sure else spelled(" This is not sure: look into the files (Back, {wizard.look}).")
        )
        options.append(Option(str(number), label, likeliest + doubt, not sure or number > 0))
    return options
