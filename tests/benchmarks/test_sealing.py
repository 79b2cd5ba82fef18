"""Budget: sealing at half the speed of sha256sum or better, in 64 MB (design, section 8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.yardstick import measure, report, seconds_of

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

_SEAL = """
from pathlib import Path
from kwtui.backups.proof.sealing import seal_tree
from kwtui.model.schema import Dialect, TableName
tree = seal_tree(Path({data!r}), {{TableName("public", "t"): "public/t"}}, Dialect())
more = {{"rows": tree.tables[0].rows}}
"""
_LINES = {
    "plain": b"1061788857854590977,M26,225.0,6.0,1250.0,2025-01-31 12:47:24.22+00:00\n",
    "quoted": b'"id ""7""","a, b","line one\nline two","","2025-01-31 12:47:24.22+00:00"\n',
}


@pytest.mark.parametrize("kind", _LINES)
@pytest.mark.parametrize("files", [1, 4])
def test_sealing_against_sha256sum(tmp_path: Path, kind: str, files: int) -> None:
    folder = tmp_path / "data/public/t"
    folder.mkdir(parents=True)
    line = _LINES[kind]
    count = 400_000_000 // files // len(line)
    for number in range(files):
        with (folder / f"n1.{number}.csv").open("wb") as file:
            for _ in range(count // 10_000):
                file.write(line * 10_000)
    paths = sorted(str(p) for p in folder.iterdir())
    yardstick = seconds_of("sha256sum", *paths)
    ours = min((measure(_SEAL.format(data=str(tmp_path / "data"))) for _ in range(3)), key=_time)
    ratio = yardstick / ours.seconds
    report(
        f"sealing 400 MB, {kind}, {files} file(s)",
        {
            "sha256sum": f"{yardstick:.2f} s",
            "sealing": f"{ours.seconds:.2f} s",
            "ratio": f"{ratio:.2f}",
            "peak": f"{ours.peak_mib:.0f} MiB",
        },
    )
    assert ours.more["rows"] == count // 10_000 * 10_000 * files
    assert ratio >= 0.5
    assert ours.peak_mib <= 64


def _time(measured: object) -> float:
    return float(getattr(measured, "seconds", 0.0))
