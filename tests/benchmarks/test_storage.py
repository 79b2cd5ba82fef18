"""Budget: an extern with 100,000 entries is scanned in seconds and listed in little memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backups.builder import make_set
from tests.benchmarks.yardstick import measure, report

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

_SCAN = """
from pathlib import Path
from kwtui.backups.listing.library import scan
listing = scan(Path({extern!r}))
more = {{"entries": len(listing.entries), "scan": listing.seconds}}
"""


def test_a_hundred_thousand_foreign_files(tmp_path: Path) -> None:
    extern = tmp_path / "extern"
    for folder in range(100):
        (extern / f"f{folder}").mkdir(parents=True)
        for number in range(1000):
            (extern / f"f{folder}/{number}.txt").touch()
    measured = measure(_SCAN.format(extern=str(extern)))
    report("100,000 files", {"scan": f"{measured.more['scan']:.2f} s"})
    assert measured.more["entries"] == 100_000
    assert measured.more["scan"] <= 5


def test_five_thousand_sets(tmp_path: Path) -> None:
    extern = tmp_path / "extern"
    location = make_set(extern, tmp_path / "state")
    manifest = location.manifest.read_bytes()
    for number in range(2, 5001):
        other = location.root.with_name(f"{location.root.name}-{number}")
        (other / "data").mkdir(parents=True)
        (other / "manifest.json").write_bytes(manifest)
    measured = measure(_SCAN.format(extern=str(extern)))
    report("5,000 sets", {"scan": f"{measured.more['scan']:.2f} s"})
    assert measured.more["entries"] == 5_000
    assert measured.more["scan"] <= 5
