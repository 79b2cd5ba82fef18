"""Folder names of sets: safe whatever the database is called, and readable again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.layout.naming import (
    clean_prefix,
    decode_folder,
    encode_folder,
    inside,
    parse_set_path,
    set_path,
    table_folder,
    table_of_folder,
)
from kwtui.backups.listing.contents import open_set
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import TableName

names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
moments = st.integers(0, 4_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))


@given(names)
def test_every_name_becomes_a_safe_folder_and_comes_back(name: str) -> None:
    folder = encode_folder(name)
    assert decode_folder(folder) == name
    assert folder not in ("", ".", "..", "meta.sql")
    assert not folder.startswith((".", "-")) or folder.startswith("-") == name.startswith("-")
    assert not set(folder) & set("/\\*?[]%#'\"` \n\t$&|;<>(){}!~\0")
    assert len(folder.encode()) <= 255


@given(st.lists(names, min_size=2, max_size=2, unique=True))
def test_two_names_never_share_a_folder(pair: list[str]) -> None:
    assert encode_folder(pair[0]) != encode_folder(pair[1])


@given(names, moments, st.integers(1, 9))
def test_a_sets_path_is_read_back(database: str, started: datetime, number: int) -> None:
    path = set_path("kwtui", database, started, number)
    name = parse_set_path(path)
    assert name is not None
    assert (name.prefix, name.database, name.started, name.number) == (
        "kwtui",
        database,
        started,
        number,
    )
    assert name.path == path


@given(names, names)
def test_a_tables_folder_is_read_back(schema: str, name: str) -> None:
    table = TableName(schema, name)
    assert table_of_folder(table_folder(table)) == table


def test_what_common_names_look_like() -> None:
    assert set_path("kwtui", "shop", datetime(2026, 11, 22, 8, 20, 35, tzinfo=UTC)) == (
        "kwtui/shop/20261122T082035Z"
    )
    assert encode_folder("my-db") == "my-db"
    assert encode_folder("温度") == "温度"
    assert encode_folder("sel/ect") == "sel=2Fect"
    assert encode_folder("..") == "=2E."
    assert encode_folder("Mixed Case") == "Mixed=20Case"


def test_a_very_long_name_is_shortened_to_what_a_folder_may_have() -> None:
    one, other = "表" * 200 + "a", "表" * 200 + "b"
    assert len(encode_folder(one).encode()) <= 255
    assert encode_folder(one) != encode_folder(other)


@pytest.mark.parametrize(
    "path", ["", "shop", "kwtui/shop", "kwtui/shop/data", "a/b/20261399T082035Z"]
)
def test_paths_that_name_no_set(path: str) -> None:
    assert parse_set_path(path) is None


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "a\0b", "out", "out/passwd"])
def test_no_path_leads_out_of_extern(tmp_path: Path, path: str) -> None:
    extern = tmp_path / "extern"
    extern.mkdir()
    (extern / "out").symlink_to("/etc")
    with pytest.raises(KwtuiError) as caught:
        inside(extern, path)
    assert caught.value.exit_code is ExitCode.NOT_FOUND


def test_an_absolute_path_is_told_with_the_name_that_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(KwtuiError) as caught:
        inside(tmp_path, f"{tmp_path}/kwtui/shop")
    assert caught.value.title == f"{tmp_path}/kwtui/shop is an absolute path."
    assert "Name it kwtui/shop," in caught.value.hint
    assert caught.value.exit_code is ExitCode.NOT_FOUND


@pytest.mark.parametrize("given", ["/nowhere/kwtui/shop", "/nowhere/kwtui/shop/"])
def test_a_set_is_not_looked_for_below_extern_by_an_absolute_path(
    tmp_path: Path, given: str
) -> None:
    (tmp_path / given.strip("/")).mkdir(parents=True)
    with pytest.raises(KwtuiError, match="/nowhere/kwtui/shop is not inside"):
        open_set(tmp_path, given)


@pytest.mark.parametrize("path", ["link", "link/x"])
def test_a_link_is_not_followed_even_if_it_stays_inside(tmp_path: Path, path: str) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(KwtuiError, match="is not inside"):
        inside(tmp_path, path)


@pytest.mark.parametrize("prefix", ["/backup/x", "../..", "a/../b", ".hidden", "nightly/.x"])
def test_a_prefix_that_means_a_place_outside_extern_is_refused(prefix: str) -> None:
    with pytest.raises(KwtuiError, match="below the node's extern folder"):
        clean_prefix(prefix)
