"""What the storage remembers of open sets, and when it forgets it."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from kwtui.backups.listing.entries import BackupEntry
from kwtui.controller import Controller, StorageChanged
from kwtui.errors import ExitCode, KwtuiError
from tests.backups.builder import make_set

R = TypeVar("R")


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    """One that reads files here and now."""
    return Controller(state=tmp_path / "state", in_background=False)


def done(question: Coroutine[Any, Any, R]) -> R:
    with pytest.raises(StopIteration) as end:
        question.send(None)
    answer: R = end.value.value
    return answer


def export(extern: Path, rows: str) -> Path:
    """An export that somebody made: one file of one table."""
    folder = extern / "theirs"
    folder.mkdir(parents=True)
    (folder / "n1.0.csv").write_text(rows)
    return folder


def look_into(controller: Controller, extern: Path) -> BackupEntry:
    done(controller.folders.use(extern=extern))
    (entry,) = done(controller.storage.listing()).entries
    done(controller.storage.open_set(entry.path))
    return entry


def test_whoever_hears_of_a_change_finds_the_set_as_it_is_now(
    controller: Controller, tmp_path: Path
) -> None:
    folder = export(tmp_path / "extern", "1\n")
    found: list[tuple[tuple[str | None, ...], ...]] = []

    def look(event: object) -> None:
        if isinstance(event, StorageChanged):
            found.append(done(controller.storage.csv_page(entry, "n2.0.csv", 0, 5)).records)

    controller.subscribe(look)
    entry = look_into(controller, tmp_path / "extern")
    (folder / "n2.0.csv").write_text("2\n")

    done(controller.storage.annotate(entry.path, remark="a second file"))

    assert found == [(("2",),)]


def test_a_set_of_another_folder_with_the_same_name_is_another_set(
    controller: Controller, tmp_path: Path
) -> None:
    for name in ("here", "there"):
        export(tmp_path / name, f"{name}\n")
    look_into(controller, tmp_path / "here")
    done(controller.folders.use(extern=tmp_path / "there"))
    (entry,) = done(controller.storage.listing()).entries

    page = done(controller.storage.csv_page(entry, "n1.0.csv", 0, 5))

    assert page.records == (("there",),)


def test_a_damaged_manifest_leaves_files_to_read_and_notes_to_write(
    controller: Controller, tmp_path: Path
) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    location.manifest.write_bytes(location.manifest.read_bytes().replace(b"shop", b"shap", 1))
    done(controller.folders.use(extern=tmp_path / "extern"))

    details = done(controller.storage.look_inside(location.path))
    file = next(f for t in details.tables for f in t.files).path
    page = done(controller.storage.csv_page(details.entry, file, 0, 1))
    done(controller.storage.annotate(location.path, remark="look at this one"))

    assert "is damaged" in details.problems[0]
    assert len(page.records) == 1
    (entry,) = done(controller.storage.listing()).entries
    assert entry.remark == "look at this one"


def test_the_folder_that_sets_lie_in_is_none_and_takes_no_pin(
    controller: Controller, tmp_path: Path
) -> None:
    path = make_set(tmp_path / "extern", tmp_path / "state").path
    parent = path.rpartition("/")[0]
    done(controller.folders.use(extern=tmp_path / "extern"))

    for question in (
        lambda: controller.storage.open_set(parent),
        lambda: controller.storage.annotate(parent, pinned=True),
    ):
        with pytest.raises(KwtuiError, match="neither a backup nor an export") as raised:
            question().send(None)
        assert raised.value.exit_code is ExitCode.NOT_FOUND
    assert done(controller.storage.annotate(path, pinned=True)).pinned
