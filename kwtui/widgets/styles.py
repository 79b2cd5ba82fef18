"""Where the style sheets are, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def style_path(name: str) -> Path:
    """The style sheet ``name`` (without ``.tcss``).

    The wheel carries them inside the package; a checkout and an editable install beside it.

    Raises:
        FileNotFoundError: if neither place has it, naming both.
    """
    places = (_PACKAGE / "styles", _PACKAGE.parent / "styles")
    for place in places:
        path = place / f"{name}.tcss"
        if path.is_file():
            return path
    looked = " and ".join(str(place) for place in places)
    raise FileNotFoundError(f"style sheet {name}.tcss is in neither {looked}")
