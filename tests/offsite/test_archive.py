"""What a copy says of itself is not believed blindly: others may write where it lies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.offsite.archive import (
    Archive,
    ArchivedFile,
    CheckMark,
    CopyLevel,
    check_name,
    decode_archive,
    encode_archive,
    parse_check_name,
    standing_level,
)
from tests.backups.builder import STARTED
from tests.offsite.test_planning import archive_of, manifest_of, planned


def archive() -> Archive:
    manifest = manifest_of([[(f"{5:064x}", 0)]])
    return archive_of(manifest, planned(manifest))


def test_it_comes_back_as_it_was() -> None:
    assert decode_archive(encode_archive(archive()), "x") == archive()


def first_file(**changes: object) -> Archive:
    whole = archive()
    changed: ArchivedFile = replace(whole.files[0], **changes)  # type: ignore[arg-type]
    return replace(whole, files=(changed, *whole.files[1:]))


@pytest.mark.parametrize(
    "broken",
    [
        lambda: replace(archive(), set_id="../x"),
        lambda: first_file(path="/etc/passwd"),
        lambda: first_file(path="data/../../x"),
        lambda: first_file(path="data/a\nb"),
        lambda: first_file(pieces=()),
        lambda: first_file(bytes=3),
        lambda: replace(archive(), parts=archive().parts[:1]),
        lambda: replace(archive(), format=99),
    ],
)
def test_what_leads_elsewhere_or_makes_no_sense_is_damaged(broken) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(KwtuiError) as raised:
        decode_archive(encode_archive(broken()), "x")
    assert raised.value.exit_code is ExitCode.BACKUP_DAMAGED


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", encode_archive(archive())[:-9]])
def test_what_is_no_archive_is_damaged(data: bytes) -> None:
    with pytest.raises(KwtuiError):
        decode_archive(data, "x")


def mark(hours: int, level: int, *, good: bool = True) -> CheckMark:
    return CheckMark(STARTED + timedelta(hours=hours), CopyLevel(level), good)


@pytest.mark.parametrize(
    ("marks", "level"),
    [
        ([], CopyLevel.O0),
        ([mark(1, 2)], CopyLevel.O2),
        ([mark(1, 3), mark(2, 1)], CopyLevel.O3),
        ([mark(1, 3), mark(2, 1, good=False)], None),
        ([mark(2, 1), mark(1, 3, good=False)], CopyLevel.O1),
        ([mark(1, 3), mark(1, 3, good=False)], None),
    ],
)
def test_the_last_bad_check_counts_until_a_good_one(
    marks: list[CheckMark], level: CopyLevel | None
) -> None:
    assert standing_level(marks)[0] is level
    assert [parse_check_name(check_name(each)) for each in marks] == marks


@pytest.mark.parametrize(
    "name", ["checked-20261322T082035Z-O2-good.json", "checked-x-O2-good.json", "archive.json"]
)
def test_other_names_are_no_checks(name: str) -> None:
    assert parse_check_name(name) is None
