"""EXPORT and IMPORT as recorded, with one safe dialect and no way out of extern."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.errors import KwtuiError
from kwtui.model.requests import Dialect
from kwtui.model.schema import TableName
from kwtui.sql import transfer
from kwtui.sql.transfer import ExportOptions, ImportOptions, nodelocal
from tests.sql.test_statements import recorded_sql

INV = TableName("public", "inv")
BARE = Dialect(null_text="")


def test_the_snapshot_of_a_table_is_the_recorded_statement() -> None:
    sql = transfer.export_select(
        "nodelocal://1/exact/public/inv", "src", INV, ["n", "v", "at"], timestamp="-10ms"
    )
    assert sql in recorded_sql("13")


def test_a_time_series_table_is_cut_by_its_time_column() -> None:
    sql = transfer.export_select(
        "nodelocal://1/x", "plant", INV, ["ts", "v"], time_column="ts", until="2026-11-01"
    )
    assert sql == (
        "EXPORT INTO CSV 'nodelocal://1/x' FROM SELECT ts, v FROM plant.public.inv "
        r"WHERE ts <= '2026-11-01' WITH nullas = '\N'"
    )


def test_whole_databases_and_tables() -> None:
    assert transfer.export_database("nodelocal://1/tsx", "tsx") in recorded_sql("13")
    assert (
        transfer.export_table("nodelocal://1/prec_null", "prec", TableName("public", "p3"))
        == r"EXPORT INTO CSV 'nodelocal://1/prec_null' FROM TABLE prec.public.p3 WITH nullas = '\N'"
    )
    assert transfer.import_database("nodelocal://1/prec", ImportOptions(BARE)) in recorded_sql("09")


def test_imports_name_every_file() -> None:
    sql = transfer.import_into("dst", INV, ["nodelocal://1/exact/public/inv/n1.0.csv"])
    assert sql in recorded_sql("13")
    two = transfer.import_into("d", INV, ["nodelocal://1/a", "nodelocal://1/b"], columns=["n"])
    assert "public.inv (n) CSV DATA ('nodelocal://1/a', 'nodelocal://1/b')" in two
    with pytest.raises(KwtuiError):
        transfer.import_into("d", INV, [])


def test_a_time_series_is_imported_from_one_folder_only() -> None:
    """Live-findings, row 31: of several KWDB reads the first, and says succeeded."""
    options = ImportOptions(time_series=True)
    assert transfer.import_into("d", INV, ["nodelocal://1/a"], options=options)
    with pytest.raises(KwtuiError):
        transfer.import_into("d", INV, ["nodelocal://1/a", "nodelocal://1/b"], options=options)


def test_options_that_a_node_assumes_anyway_are_not_written() -> None:
    assert ExportOptions(BARE).clause() == ""
    assert ExportOptions().clause() == r" WITH nullas = '\N'"
    assert ImportOptions().clause() == r" WITH nullif = '\N'"


def test_all_options() -> None:
    options = ExportOptions(
        Dialect(delimiter="|", null_text="NULL", charset="GBK", header=True),
        chunk_rows=0,
        comment=True,
        privileges=True,
        thread_concurrency=4,
        limit_memory="64MB",
    )
    assert options.clause() == (
        " WITH delimiter = '|', nullas = 'NULL', charset = 'GBK', chunk_rows = '0', column_name, "
        "comment, privileges, thread_concurrency = '4', limit_memory = '64MB'"
    )
    back = ImportOptions(options.dialect, comment=True)
    assert back.clause() == (
        " WITH delimiter = '|', nullif = 'NULL', charset = 'GBK', skip = '1', comment"
    )


@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(enclosed="'"),
        Dialect(escaped="\\"),
        Dialect(delimiter=",,"),
        Dialect(delimiter='"'),
        Dialect(delimiter="\n"),
        Dialect(delimiter="，"),
        Dialect(delimiter="N"),
        Dialect(charset="latin1"),
        Dialect(charset="utf-8"),
        Dialect(null_text="nil"),
    ],
)
def test_dialects_that_lose_data_are_not_written(dialect: Dialect) -> None:
    with pytest.raises(KwtuiError):
        ExportOptions(dialect).clause()
    with pytest.raises(KwtuiError):
        ImportOptions(dialect).clause()


def test_too_many_rows_a_file_and_headers_of_time_series_are_refused() -> None:
    with pytest.raises(KwtuiError):
        ExportOptions(chunk_rows=100_001).clause()
    with pytest.raises(KwtuiError):
        ImportOptions(Dialect(header=True), time_series=True).clause()


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "../a", "a/../b", ".", "a/."])
def test_no_path_leaves_extern(path: str) -> None:
    with pytest.raises(KwtuiError):
        nodelocal(1, path)


def test_addresses_need_a_node() -> None:
    with pytest.raises(KwtuiError):
        nodelocal(0, "a")


segments = st.text(
    st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1
).filter(lambda s: s not in (".", ".."))


@given(st.lists(segments, min_size=1, max_size=4).map("/".join))
def test_the_node_reads_the_path_that_was_meant(path: str) -> None:
    address = urlsplit(nodelocal(3, path).replace("[", "%5B").replace("]", "%5D"))
    assert (address.scheme, address.netloc) == ("nodelocal", "3")
    assert unquote(address.path) == f"/{path}"
    assert not address.query
    assert not address.fragment
