"""Budgets of off-site copies beside tar, zstd, age, sftp and boto3, each in 64 MB of memory."""

from __future__ import annotations

import getpass
import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kwtui.offsite.keys import make_key
from tests.backups.builder import STARTED
from tests.benchmarks.yardstick import WRAPPER, Measured, report
from tests.offsite.s3_server import KEY_ID, SECRET, object_store
from tests.offsite.ssh_server import ssh_server

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

MEGABYTES = 256
_PACK = """
import hashlib
from pathlib import Path
from kwtui.offsite.keys import recipients_of
from kwtui.offsite.packing import SourceFiles, pack
from kwtui.offsite.planning import PlannedPart, Stretch
folder = Path({folder!r})
files = sorted(folder.iterdir())
sealed = dict(line.split() for line in Path({sums!r}).read_text().splitlines())
source = SourceFiles(
    lambda path: open(folder / path, "rb", buffering=0),
    {{f.name: (f.stat().st_size, sealed[f.name]) for f in files}},
    0,
)
cpu = time.process_time()
part = PlannedPart("p", "t", tuple(Stretch(f.name, 0, f.stat().st_size, f.name) for f in files))
with open({out!r}, "wb") as sink:
    packed = pack(part, source, sink, recipients_of([{public!r}]))
more = {{"bytes": packed.bytes, "cpu": time.process_time() - cpu}}
"""
_READ = """
import hashlib
from pathlib import Path
from kwtui.offsite.keys import read_identities
from kwtui.offsite.unpacking import members
size, cpu = 0, time.process_time()
with open({out!r}, "rb", buffering=0) as file:
    chunks = iter(lambda: file.read(1 << 20), b"")
    for member in members(chunks, "p", read_identities([Path({key!r})])):
        for chunk in member.chunks:
            size += len(chunk)
more = {{"bytes": size, "cpu": time.process_time() - cpu}}
"""
_OWN_CPU = """
import resource
def seconds_of_cpu():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both)
"""
"""With that of processes which have ended, as ssh."""
_SEND = """
import kwtui.offsite.targets.sftp
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.targets.opening import opened
cpu, name = seconds_of_cpu(), f"part-{{time.time_ns()}}"
with opened(TargetSettings({url!r}, ssh_config={config!r})) as target:
    with open({file!r}, "rb", buffering=0) as file, target.write(name) as sink:
        while chunk := file.read(1 << 20):
            sink.write(chunk)
more = {{"bytes": 0, "cpu": seconds_of_cpu() - cpu}}
"""
_UPLOAD = """
import obstore, kwtui.offsite.targets.s3
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.targets.opening import opened
cpu, name = seconds_of_cpu(), f"part-{{time.time_ns()}}"
with opened(TargetSettings({url!r}, endpoint={endpoint!r})) as target:
    with open({file!r}, "rb", buffering=0) as file, target.write(name) as sink:
        while chunk := file.read(1 << 20):
            sink.write(chunk)
more = {{"bytes": 0, "cpu": seconds_of_cpu() - cpu}}
"""
_BOTO = """
import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
style = Config(s3={{"addressing_style": "path"}})
client = boto3.client("s3", endpoint_url={endpoint!r}, region_name="us-east-1", config=style)
cpu, name = seconds_of_cpu(), f"part-{{time.time_ns()}}"
# The same size of parts, and the same promise: a SHA-256 of each.
client.upload_file(
    {file!r}, {bucket!r}, name, ExtraArgs={{"ChecksumAlgorithm": "SHA256"}},
    Config=TransferConfig(multipart_chunksize=8 << 20, max_concurrency=2),
)
more = {{"bytes": 0, "cpu": seconds_of_cpu() - cpu}}
"""


@pytest.fixture(scope="module")
def sensors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Readings that wander, as those of a time series do."""
    if any(shutil.which(tool) is None for tool in ("tar", "zstd", "age", "taskset")):
        pytest.skip("tar, zstd, age and taskset are the yardstick")
    folder = tmp_path_factory.mktemp("sensors")
    chance = random.Random(7)  # noqa: S311 - readings, no secrets
    (folder / "data").mkdir()
    values = [chance.gauss(200, 20) for _ in range(500)]
    for number in range(4):
        with (folder / "data" / f"n1.{number}.csv").open("w") as file:
            second = 0
            while file.tell() < MEGABYTES * 1_000_000 // 4:
                second += 1
                lines = []
                for device, value in enumerate(values):
                    values[device] = value + chance.gauss(0, 0.05)
                    at = f"2026-11-01 {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
                    reading = f"{values[device]:.3f},{chance.random():.9f},{chance.getrandbits(16)}"
                    lines.append(f"{at}.000+00:00,{reading},D{device}\n")
                file.write("".join(lines))
    sums = [f"{path.name} {_sha256(path)}\n" for path in sorted((folder / "data").iterdir())]
    (folder / "sums").write_text("".join(sums))
    (folder / "public").write_text(make_key(folder / "key", STARTED))
    return folder


def _sha256(path: Path) -> str:
    done = subprocess.run(["sha256sum", str(path)], check=True, capture_output=True, text=True)
    return done.stdout.split()[0]


@dataclass(frozen=True)
class _Taken:
    """Seconds by the clock, and of all processes together."""

    wall: float
    cpu: float
    peak_mib: float = 0.0


def _timed(command: list[str], cores: str) -> tuple[_Taken, bytes]:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(["taskset", "-c", cores, *command], check=True, stdout=subprocess.PIPE)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return _Taken(wall, cpu), done.stdout


def _yardstick(command: str, cores: str) -> _Taken:
    return _timed(["sh", "-c", command], cores)[0]


def _ours(code: str, cores: str) -> _Taken:
    _, out = _timed([sys.executable, "-c", WRAPPER.format(code=code)], cores)
    measured = Measured(**json.loads(out.splitlines()[-1]))
    # Without the start of Python, which a run has behind it.
    return _Taken(measured.seconds, measured.more["cpu"], measured.peak_mib)


def _compared(what: str, command: str, code: str, cores: str, budget: float) -> None:
    """A command of the shell beside our code."""
    _compare(what, lambda: _yardstick(command, cores), lambda: _ours(code, cores), budget)


def _compare(
    what: str, yardstick: Callable[[], _Taken], work: Callable[[], _Taken], budget: float
) -> None:
    """By the seconds of CPU that both cost: the clock tells of whatever else the machine does."""
    pairs = [(yardstick(), work()) for _ in range(3)]
    theirs = min((pair[0] for pair in pairs), key=lambda taken: taken.cpu)
    ours = min((pair[1] for pair in pairs), key=lambda taken: taken.cpu)
    ratio = ours.cpu / theirs.cpu
    report(
        what,
        {
            "yardstick": f"{theirs.wall:.2f} s, CPU {theirs.cpu:.2f} s",
            "ours": f"{ours.wall:.2f} s, CPU {ours.cpu:.2f} s",
            "ratio": f"{ratio:.2f}",
            "peak": f"{ours.peak_mib:.0f} MiB",
        },
        budget=f"ratio at most {budget}, 64 MiB",
    )
    assert ours.peak_mib <= 64
    assert ratio <= budget


@pytest.mark.parametrize(("cores", "budget"), [("0", 1.05), ("0,1", 1.0)])
def test_packing_against_tar_zstd_age(sensors: Path, cores: str, budget: float) -> None:
    public, out = (sensors / "public").read_text(), str(sensors / "out.age")
    words = {"folder": str(sensors / "data"), "sums": str(sensors / "sums")}
    command = (
        f"tar -cf - -C {sensors}/data . | zstd -1 -q | age -r {public} > {sensors}/yardstick.age"
    )
    what = f"packing {MEGABYTES} MB, {len(cores.split(','))} core(s), beside tar, zstd -1, age"
    _compared(what, command, _PACK.format(**words, out=out, public=public), cores, budget)


@pytest.mark.parametrize("cores", ["0", "0,1"])
def test_reading_back_against_age_zstd(sensors: Path, cores: str) -> None:
    out, public = str(sensors / "read.age"), (sensors / "public").read_text()
    words = {"folder": str(sensors / "data"), "sums": str(sensors / "sums")}
    _ours(_PACK.format(**words, out=out, public=public), cores)
    command = f"age -d -i {sensors}/key {out} | zstd -dcq | cat > /dev/null"
    what = f"reading {MEGABYTES} MB back, {len(cores.split(','))} core(s), beside age -d, zstd -dc"
    _compared(what, command, _READ.format(out=out, key=str(sensors / "key")), cores, 1.25)


def test_sending_by_sftp_against_sftp_put(sensors: Path, tmp_path: Path) -> None:
    """Both pay for the start of ssh, and for an sshd on the same cores."""
    file, away = sensors / "data" / "n1.0.csv", tmp_path / "away"
    away.mkdir()
    with ssh_server(tmp_path) as server:
        batch = tmp_path / "batch"
        batch.write_text(f"put {file} {away}/yardstick\n")
        user = getpass.getuser()
        command = f"sftp -q -F {server.config} -P {server.port} -b {batch} {user}@127.0.0.1"
        words = {"url": server.url(away), "config": str(server.config), "file": str(file)}
        what = f"sending {MEGABYTES // 4} MB by SFTP, beside sftp put"
        _compared(what, f"{command} > /dev/null", _OWN_CPU + _SEND.format(**words), "0,1", 1.15)


def test_sending_to_s3_against_boto3(
    sensors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """boto3 is no package of kwtui's: `pip install boto3` where this is measured."""
    boto3 = pytest.importorskip("boto3", reason="boto3 is the yardstick")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    file = str(sensors / "data" / "n1.0.csv")
    with object_store(tmp_path) as store:
        client = boto3.client("s3", endpoint_url=store.endpoint, region_name="us-east-1")
        client.create_bucket(Bucket="bench")
        words = {"file": file, "endpoint": store.endpoint}
        theirs = _OWN_CPU + _BOTO.format(**words, bucket="bench")
        ours = _OWN_CPU + _UPLOAD.format(**words, url="s3://bench/kwtui")
        _compare(
            f"sending {MEGABYTES // 4} MB to S3, beside boto3",
            lambda: _ours(theirs, "0,1"),
            lambda: _ours(ours, "0,1"),
            0.85,
        )
