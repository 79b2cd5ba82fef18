"""An export that lost something is never compared as if it were whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from kwtui.backups.listing.definitions import Definitions, DefinitionsReader
from kwtui.cli import main
from kwtui.errors import ExitCode
from tests.backups.builder import make_set, write_recorded_tree


@pytest.fixture
def extern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"KWTUI_{name}_DIR", str(tmp_path / name))
    for name in ("whole", "other"):
        write_recorded_tree(tmp_path / "extern" / name, "03-relational-export", "db_default")
    return tmp_path / "extern"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each meta.sql is read."""
    found: Counter[str] = Counter()
    read = DefinitionsReader.read

    def counted(self: DefinitionsReader, path: Path, shown: str) -> Definitions:
        found[str(path)] += 1
        return read(self, path, shown)

    monkeypatch.setattr(DefinitionsReader, "read", counted)
    return found


def not_text(tree: Path) -> None:
    (tree / "public/orders/meta.sql").write_bytes(b"\xff\x00 CREATE")


def cut_off(tree: Path) -> None:
    (tree / "public/orders/meta.sql").write_text(
        "CREATE TABLE orders (id INT8, s STRING DEFAULT 'x"
    )


def gone(tree: Path) -> None:
    (tree / "public/orders/meta.sql").unlink()


def empty(tree: Path) -> None:
    next((tree / "public/orders").glob("*.csv")).write_bytes(b"")


def torn(tree: Path) -> None:
    with next((tree / "public/orders").glob("*.csv")).open("ab") as file:
        file.write(b'2,"unfinished')


@pytest.mark.parametrize("damage", [not_text, cut_off, gone, empty, torn])
def test_a_damaged_export_is_not_compared_as_if_it_were_whole(
    damage: Callable[[Path], None], extern: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(extern / "other")
    for pair in (("whole", "other"), ("other", "whole")):
        assert main(["compare", *pair, "--extern", str(extern)]) == ExitCode.BACKUP_DAMAGED
        told = capsys.readouterr().out
        assert any("other: " in line and "orders" in line for line in told.splitlines()), told
    assert main(["verify", "other", "--extern", str(extern)]) in (31, 32)


def test_whole_exports_are_compared_and_each_definition_is_read_once(
    extern: Path, reads: Counter[str]
) -> None:
    assert main(["compare", "whole", "other", "--extern", str(extern)]) == ExitCode.OK
    assert set(reads.values()) == {1}
    reads.clear()
    assert main(["verify", "whole", "--extern", str(extern)]) == ExitCode.OK
    assert set(reads.values()) == {1}


def test_a_set_whose_schema_is_damaged_is_told(
    extern: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    location = make_set(extern, tmp_path / "state")
    size = location.schema.stat().st_size
    location.schema.write_bytes(b"{" * size)
    assert main(["compare", location.path, "whole", "--extern", str(extern)]) == 31
    assert f"{location.path}: {location.schema} is damaged." in capsys.readouterr().out
