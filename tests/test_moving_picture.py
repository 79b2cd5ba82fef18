"""The moving picture: each row once, every frame in its turn, and text that stays text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from tests.moving_picture import Cell, Frame, Look, Row, moving_picture

GROUND = "#121212"
PLAIN = Look("#e0e0e0", GROUND)
MARKED = Look("#000000", "#ffa62b", bold=True)
SVG = "{http://www.w3.org/2000/svg}"


def row(text: str, look: Look = PLAIN) -> Row:
    return tuple(Cell(letter, look) for letter in text.ljust(12))


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314 (made here)


def test_a_row_that_several_frames_show_is_drawn_once() -> None:
    frames = [
        Frame("first", 1, (row("head"), row("one"))),
        Frame("second", 3, (row("head"), row("two"))),
    ]
    picture = parsed(moving_picture(frames, GROUND))
    assert [t.text for t in picture.iter(f"{SVG}text")] == ["head", "one", "two", "first", "second"]
    used = [[u.get("href") for u in g.iter(f"{SVG}use")] for g in picture.findall(f"{SVG}g")]
    assert used == [["#r0", "#r1"], ["#r0", "#r2"]]


def test_each_frame_is_seen_for_its_time_and_then_the_next() -> None:
    frames = [Frame("", seconds, (row(str(seconds)),)) for seconds in (1, 3, 4)]
    style = parsed(moving_picture(frames, GROUND)).findtext(f"{SVG}style")
    assert style is not None
    spans = re.findall(r"@keyframes k\d\{(.*?)\}\}", style)
    assert spans == [
        "0.000%{visibility:visible}12.500%{visibility:hidden",
        "0.000%{visibility:hidden}12.500%{visibility:visible}50.000%{visibility:hidden",
        "0.000%{visibility:hidden}50.000%{visibility:visible",
    ]
    assert style.count("8s step-end infinite") == 3


def test_without_movement_the_first_frame_is_seen() -> None:
    style = moving_picture([Frame("", 1, (row("a"),)), Frame("", 1, (row("b"),))], GROUND)
    still, _, moved = style.partition("@media (prefers-reduced-motion:no-preference)")
    assert ".f{visibility:hidden}#f0{visibility:visible}" in still
    assert "animation:" not in still
    assert "animation:" in moved


def test_text_is_never_markup_and_keeps_its_place() -> None:
    text = (*row("  a<b> & 'c'"), Cell("!", MARKED))
    picture = parsed(moving_picture([Frame("<g>", 1, (text,))], GROUND))
    said = {str(t.text).replace("\N{NO-BREAK SPACE}", " "): t for t in picture.iter(f"{SVG}text")}
    assert list(said) == ["a<b> & 'c'", "!", "<g>"]
    assert said["a<b> & 'c'"].get("x") == "16.8"
    assert said["a<b> & 'c'"].get("textLength") == "84"
    assert said["!"].get("class") == "b"
    assert [r.get("fill") for r in picture.iter(f"{SVG}rect")] == [GROUND, "#ffa62b"]
