"""A half typed path or name is completed as a shell would, and never by surprise."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.widgets.completion import complete_name, complete_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("certs", "extern", "external"):
        (tmp_path / name).mkdir()
    for name in ("certs/ca.crt", "certs/client.crt", "certs/.hidden", "certs/evil\x1b[31m.crt"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_is_completed_with_a_slash(folder: Path) -> None:
    assert complete_path(f"{folder}/ce") == f"{folder}/certs/"


def test_what_all_names_share_comes_first(folder: Path) -> None:
    assert complete_path(f"{folder}/ex") == f"{folder}/extern"
    assert complete_path(f"{folder}/externa") == f"{folder}/external/"


def test_names_that_share_nothing_more_offer_the_first(folder: Path) -> None:
    assert complete_path(f"{folder}/certs/c") == f"{folder}/certs/ca.crt"


@pytest.mark.parametrize(
    "text", ["extern", "certs/", "certs/ca.crt", "nothing", "", ".", "certs/..", "certs/evil"]
)
def test_nothing_is_added_to_what_is_complete_or_unknown(folder: Path, text: str) -> None:
    assert complete_path(f"{folder}/{text}") is None


def test_where_a_folder_is_wanted_files_are_not_offered(folder: Path) -> None:
    assert complete_path(f"{folder}/certs/c", folders_only=True) is None
    assert complete_path(f"{folder}/c", folders_only=True) == f"{folder}/certs/"


def test_home_is_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert complete_path("~/ce") == "~/certs/"
    assert complete_path("~") is None


def test_relative_paths_begin_at_the_given_folder_and_stay_in_it(folder: Path) -> None:
    assert complete_path("certs/ca", base=folder, folders_only=False) == "certs/ca.crt"
    assert complete_path("certs/../ex", base=folder) is None
    assert complete_path("ce") is None


def test_names_are_completed_with_their_own_letters() -> None:
    names = ["shop", "shop_copy", "plant", "仓库"]
    assert complete_name("pl", names) == "plant"
    assert complete_name("sh", names) == "shop"
    assert complete_name("shop", names) is None
    assert complete_name("Pl", names) is None
    assert complete_name("仓", names) == "仓库"
    assert complete_name("", names) is None
