"""Where an export may write: URIs that are refused, folders that are not empty, modes of files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.engine.cluster import Cluster
from kwtui.sandbox.transfer.nodelocal import Extern, locate

ALONE = Cluster({1: Path("/nowhere")})


@pytest.fixture
def extern(tmp_path: Path) -> Extern:
    return Extern(tmp_path / "extern")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("nodelocal:///noid", "host component of nodelocal URI must be a node ID"),
        (
            "nodelocal://self/x",
            "please enter a valid node ID (don't use 'self' or '0' as node ID)",
        ),
        ("nodelocal://0/x", "please enter a valid node ID (don't use 'self' or '0' as node ID)"),
        (
            "nodelocal://9/x",
            "failed to create blob client: connecting to node 9: failed to resolve n9: "
            "unable to look up descriptor for n9",
        ),
        ("nodelocal://1", "Local storage requested but path not provided"),
        ("/plain/path", 'unsupported storage scheme: ""'),
        ("userfile://x/y", 'unsupported storage scheme: "userfile"'),
        ("s3://bucket/x", "AUTH is set to 'specified', but AWS_ACCESS_KEY_ID is not set"),
        ("gs://bucket/x", "gcsStorage does not support additional writing"),
    ],
)
def test_a_wrong_uri_is_refused(uri: str, message: str) -> None:
    with pytest.raises(SqlError) as caught:
        locate(uri, ALONE)
    assert caught.value.message == message


def test_a_closed_web_server_is_named() -> None:
    with pytest.raises(SqlError, match=r"dial tcp 127\.0\.0\.1:9: connect: connection refused"):
        locate("http://127.0.0.1:9/closed", ALONE)


@pytest.mark.parametrize(("path", "shown"), [("../escape", "../escape/*"), ("a/../../b", "../b/*")])
def test_a_destination_outside_extern_is_refused(extern: Extern, path: str, shown: str) -> None:
    with pytest.raises(SqlError) as caught:
        extern.refuse_unless_empty(f"nodelocal://1/{path}", path)
    assert caught.value.message == (
        "unable to match pattern provided: local file access to paths outside of "
        f"external-io-dir is not allowed: {shown}"
    )


def test_a_single_hidden_file_blocks_the_destination(extern: Extern) -> None:
    extern.write_whole("set/.hidden", b"")
    with pytest.raises(SqlError, match=r"nodelocal://1/set is not empty \(contains 1 files\)"):
        extern.refuse_unless_empty("nodelocal://1/set", "set")


def test_modes_are_those_of_a_node(extern: Extern) -> None:
    extern.write_whole("db/public/t/meta.sql", b"CREATE TABLE t;\n")
    with extern.append("db/public/t/n1.0.csv") as file:
        file.write(b"1\n")
    table = extern.root / "db" / "public" / "t"
    modes = {
        path.relative_to(extern.root).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in (table.parent.parent, table, table / "meta.sql", table / "n1.0.csv")
    }
    assert modes == {
        "db": 0o750,
        "db/public/t": 0o750,
        "db/public/t/meta.sql": 0o600,
        "db/public/t/n1.0.csv": 0o640,
    }


def test_reading_a_folder_as_a_file_is_refused(extern: Extern) -> None:
    extern.make_folder("t_types")
    with pytest.raises(SqlError) as caught:
        extern.readable("t_types")
    assert caught.value.message == 'expected a file but "t_types" is a directory'


def test_a_missing_file_is_named_with_its_path(extern: Extern) -> None:
    with pytest.raises(SqlError) as caught:
        extern.read_text("none/meta.sql")
    path = extern.root / "none" / "meta.sql"
    assert caught.value.message == f"open {path}: no such file or directory"


def test_a_full_disk_leaves_no_temporary_file(
    extern: Extern, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SqlError, match=r"writing to temporary file .* no space left on device"):
        extern.write_whole("set/meta.sql", b"CREATE DATABASE x;")
    assert extern.names("set") == []
