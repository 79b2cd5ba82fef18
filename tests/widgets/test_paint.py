"""Lines keep their width in cells and their words, whatever is in them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from kwtui.app.plain_terminal import plain, shows_unicode
from kwtui.widgets.clipboard import copy_message, osc52
from kwtui.widgets.document import changed_cells
from kwtui.widgets.key_bar import KeyHint, fitting
from kwtui.widgets.paint import fit, line, wrap
from kwtui.widgets.sql_lines import sql_lines
from kwtui.widgets.virtual_list import Column, layout

ANY_TEXT = st.text(max_size=200)
FOREIGN = st.text(
    alphabet=st.sampled_from("ab [/]\x1b\x07\x9b\u202e仓库é\u0301👍\t\n'\"\\"), max_size=120
)


@given(ANY_TEXT | FOREIGN, st.integers(2, 90))
def test_a_cell_has_exactly_the_width_that_was_asked_for(text: str, width: int) -> None:
    (cleaned, _role) = line(text).parts[0]
    assert cell_len(fit(cleaned, width)) == width


@given(FOREIGN, FOREIGN, st.integers(4, 60))
def test_wrapping_loses_nothing_and_fits(first: str, second: str, width: int) -> None:
    source = line((first, "strong"), second, indent=2)
    rows = wrap(source, width)
    joined = "".join("".join(text for text, _ in row).strip(" ") for row in rows)
    assert joined.replace(" ", "") == source.text.replace(" ", "")
    for row in rows:
        assert cell_len("".join(text for text, _ in row).rstrip(" ")) <= width


def test_continuation_lines_start_under_the_text() -> None:
    rows = wrap(line("− one two three four", indent=2), 12)
    assert ["".join(text for text, _ in row).rstrip() for row in rows] == [
        "− one two",
        "  three four",
    ]


def test_no_control_character_survives_in_a_line() -> None:
    text = line("\x1b]0;x\x07\x9b\x7f\u202e").text
    assert text.isprintable()


def test_narrow_lists_drop_the_columns_that_matter_least() -> None:
    columns = (Column("a", 10), Column("b", 10, drop=2), Column("c", 10, drop=1, grow=True))
    assert layout(columns, 40) == [(0, 10), (1, 10), (2, 18)]
    assert layout(columns, 25) == [(0, 10), (2, 14)]
    assert layout(columns, 12) == [(0, 10)]


def test_a_footer_keeps_help_and_quit_whatever_else_must_go() -> None:
    hints = [KeyHint("x", "something long to say") for _ in range(9)]
    always = [KeyHint("?", "Help"), KeyHint("q", "Quit")]
    shown = fitting(hints, always, 80)
    assert shown[-2:] == always
    assert sum(hint.width + 2 for hint in shown) <= 80


def test_sql_keeps_its_words_and_gets_its_roles() -> None:
    (first,) = sql_lines("CREATE TABLE t (a INT8 DEFAULT 'it''s') -- 1")
    assert first.text == "CREATE TABLE t (a INT8 DEFAULT 'it''s') -- 1"
    roles = dict(first.parts)
    assert roles["'it''s'"] == "literal"
    assert roles["-- 1"] == "muted"


def test_constants_and_comments_over_several_lines_keep_their_role() -> None:
    text = "COMMENT ON TABLE t IS 'one\r\nDROP TABLE x'; /* a\n\n  SELECT b */ SELECT 'x\nSET"
    first, second, blank, third, fourth = sql_lines(text)
    assert first.parts[-1] == ("'one", "literal")
    assert second.parts[1:] == (
        ("DROP TABLE x'", "literal"),
        ("; ", ""),
        ("/* a", "muted"),
    )
    assert blank.text == ""
    assert dict(third.parts)["  SELECT b */"] == "muted"
    assert dict(third.parts)["SELECT"] == "keyword"
    assert fourth.parts[1:] == (("SET", ""),), "nobody knows what an open quote would have held"


@given(st.text("'\"-/*$eBx1 a\n\r\t\x0b\u2028", max_size=30))
@example("\r\r\n")
@example("--\r'\r\n")
def test_sql_loses_no_line_whatever_it_is(text: str) -> None:
    shown = [each.text for each in sql_lines(text, indent=2)]
    assert shown == [line("  ", each.expandtabs(4)).text for each in text.splitlines()]


def test_the_clipboard_sequence_passes_through_tmux_and_screen() -> None:
    bare = osc52("a", {})
    assert bare == "\x1b]52;c;YQ==\x07"
    assert osc52("a", {"TMUX": "x"}) == "\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\"
    assert osc52("a", {"TERM": "screen"}).startswith("\x1bP\x1b]52;")


def test_a_line_of_a_log_that_is_no_text_can_be_copied() -> None:
    assert osc52("a\udcff", {}) == osc52("a\\udcff", {})
    assert "7 bytes" in copy_message("a\udcff", {})


@given(ANY_TEXT)
def test_without_unicode_every_sign_has_a_stand_in_of_its_width(text: str) -> None:
    cleaned = line(text).text
    assert plain(cleaned).isascii()
    assert cell_len(plain(cleaned)) == cell_len(cleaned)


def test_the_locale_says_whether_the_terminal_shows_unicode() -> None:
    assert shows_unicode({"LANG": "zh_CN.UTF-8"})
    assert not shows_unicode({"LANG": "C"})
    assert not shows_unicode({"LC_ALL": "zh_CN.GBK", "LANG": "en_US.UTF-8"})
    assert shows_unicode({})
    assert not shows_unicode({"LANG": "zh_CN.UTF-8", "KWTUI_ASCII": "1"})
    assert shows_unicode({"LANG": "C", "KWTUI_ASCII": "0"})


def test_only_the_cells_that_differ_are_painted() -> None:
    before, after = (
        line("rows ", ("1,000", "strong"), " of 9"),
        line("rows ", ("1,020", "strong"), " of 9"),
    )
    assert changed_cells(before.parts, after.parts) == (8, 9)
    assert changed_cells(line("仓 ab").parts, line("仓 cb").parts) == (3, 4)
    assert changed_cells(line("ab").parts, line("abcd").parts) == (2, 4)
    assert changed_cells(line("abcd").parts, ()) == (0, 4)
    assert changed_cells(line(("a", "good")).parts, line(("a", "error")).parts) == (0, 1)
