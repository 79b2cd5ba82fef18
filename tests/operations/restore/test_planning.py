"""What a plan takes of the files of its source."""

from __future__ import annotations

from pathlib import Path

from kwtui.model.requests import RestoreRequest, RestoreStrategy
from kwtui.operations.restore.planning import read_source


def test_definitions_of_many_tables_are_read_to_their_end(tmp_path: Path) -> None:
    """A megabyte was read of each file, and a line put behind it that said so."""
    tables = "".join(
        f"CREATE TABLE t{n} (\n\tk TIMESTAMPTZ(3) NOT NULL,\n\tv INT8 NULL\n) TAGS (\n\t"
        "id INT8 NOT NULL ) PRIMARY TAGS(id);\n"
        for n in range(10_000)
    )
    text = f"CREATE TS DATABASE big;\n{tables}"
    assert len(text) > 1 << 20
    folder = tmp_path / "big" / "public" / "t0"
    folder.mkdir(parents=True)
    (folder / "n1.0.csv").write_text("2026-11-30 00:00:00+00:00,1,1\n")
    (tmp_path / "big" / "meta.sql").write_text(text)
    request = RestoreRequest("big", strategy=RestoreStrategy.NATIVE)
    source = read_source(tmp_path, request, tmp_path / "state")
    (meta,) = source.metas
    assert (meta.path, len(meta.tables), meta.text) == ("big/meta.sql", 10_000, text)
    assert not source.raw_metas
