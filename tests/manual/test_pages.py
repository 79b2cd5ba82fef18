"""The manual is whole: a page for each topic, links that lead somewhere, words of one glossary."""

from __future__ import annotations

import re

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.manual.pages import FOLDER, TOPICS, nearest_topic, read_page

LINK = re.compile(r"\]\(([^)]+)\)")
MOST_TERMS = 30


def test_every_topic_has_a_page_and_every_page_a_topic() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == set(TOPICS)


def test_the_list_of_topics_fits_into_80_columns() -> None:
    widest = max(map(len, TOPICS))
    assert all(widest + 2 + len(about) <= 78 for about in TOPICS.values())


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_begins_with_its_title(topic: str) -> None:
    page = read_page(topic)
    assert page.text.startswith("# ")
    assert page.title


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_can_be_read_on_any_terminal(topic: str) -> None:
    """A database host's locale may be C: what is not ASCII would be escaped."""
    assert read_page(topic).text.isascii()


@pytest.mark.parametrize("topic", TOPICS)
def test_links_lead_to_pages_and_sections(topic: str) -> None:
    for target in LINK.findall(read_page(topic).text):
        page, _, section = target.partition("#")
        text = read_page(page.removesuffix(".md") if page else topic).text
        assert page.endswith(".md") or not page, target
        assert not section or section in _anchors(text), target


def _anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def test_the_glossary_stays_short_and_in_order() -> None:
    terms = re.findall(r"^- \*\*(.+?)\*\*", read_page("glossary").text, re.MULTILINE)
    assert 10 < len(terms) <= MOST_TERMS
    assert terms == sorted(terms, key=str.casefold)


@pytest.mark.parametrize(
    ("word", "topic"),
    [("exit", "exit-codes"), ("safty", "safety"), ("Exit_Codes", "exit-codes"),
     ("keys.md", "keys"), ("proof", "proof-levels"), ("exit codes", "exit-codes")],
)  # fmt: skip
def test_an_unknown_topic_is_wrong_usage_and_the_near_one_is_offered(word: str, topic: str) -> None:
    with pytest.raises(KwtuiError) as caught:
        read_page(word)
    assert caught.value.exit_code is ExitCode.USAGE
    assert f"Did you mean: kwtui manual {topic}\n" in caught.value.hint


def test_nothing_is_offered_where_nothing_is_near() -> None:
    assert nearest_topic("xyzzy") == ""
    with pytest.raises(KwtuiError) as caught:
        read_page("../pages")
    assert "Did you mean" not in caught.value.hint
    assert "kwtui manual" in caught.value.hint
