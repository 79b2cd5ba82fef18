"""Watching a folder: changes are told soon, and nothing that happens to it ends the watch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kwtui.node import mounts, watching
from kwtui.node.watching import ChangeBatch, WatchMethod, watch

OPTIONS = [
    pytest.param({}, id="notify"),
    pytest.param({"force_poll": True, "poll_seconds": 0.05}, id="poll"),
]


@asynccontextmanager
async def watching_of(
    folder: Path, *, absent: bool = False, **options: Any
) -> AsyncIterator[asyncio.Queue[ChangeBatch]]:
    """The batches of a watch that is set up when the block begins."""
    stop = asyncio.Event()
    batches: asyncio.Queue[ChangeBatch] = asyncio.Queue()

    async def run() -> None:
        async for batch in watch([folder], stop=stop, debounce_seconds=0.05, **options):
            batches.put_nowait(batch)

    task = asyncio.create_task(run())
    try:
        if not absent:
            await settled(folder, batches)
        yield batches
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await task


async def settled(folder: Path, batches: asyncio.Queue[ChangeBatch]) -> None:
    """Touch the folder until the watch hears it, then let what is left of that pass by."""
    async with asyncio.timeout(20):
        number = 0
        while batches.empty():
            (folder / f".settle{number}").touch()
            number += 1
            await asyncio.sleep(0.05)
        while not batches.empty():
            batches.get_nowait()
            await asyncio.sleep(0.3)


async def next_batch(batches: asyncio.Queue[ChangeBatch]) -> ChangeBatch:
    async with asyncio.timeout(10):
        return await batches.get()


@pytest.mark.parametrize("options", OPTIONS)
async def test_a_file_that_grows_far_below_is_told(tmp_path: Path, options: Any) -> None:
    """An export writes three folders below the set's."""
    file = tmp_path / "kwtui/shop/20261122T080000Z/data/public/orders/n1.0.csv"
    file.parent.mkdir(parents=True)
    file.write_text("1\n")
    async with watching_of(tmp_path, recursive=True, **options) as batches:
        with file.open("a") as opened:
            opened.write("2\n")
        assert file in (await next_batch(batches)).paths


async def test_how_it_is_watched_is_told_before_anything_changes(tmp_path: Path) -> None:
    told: asyncio.Queue[tuple[WatchMethod, str]] = asyncio.Queue()
    stop = asyncio.Event()

    async def run() -> None:
        watched = watch(
            [tmp_path],
            stop=stop,
            force_poll=True,
            on_method=lambda method, reason: told.put_nowait((method, reason)),
        )
        async for _ in watched:
            pass

    task = asyncio.create_task(run())
    async with asyncio.timeout(10):
        assert await told.get() == (WatchMethod.POLL, "asked for")
        stop.set()
        await task


async def test_a_slow_folder_is_left_alone_for_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: asyncio.Queue[float] = asyncio.Queue()

    async def stopped(stop: asyncio.Event, seconds: float) -> bool:
        rests.put_nowait(seconds)
        return True

    monkeypatch.setattr(watching, "_timed_signature", lambda asked: ({}, 3.0))
    monkeypatch.setattr(watching, "_stopped", stopped)
    stop = asyncio.Event()

    async def run() -> None:
        async for _ in watch([tmp_path], stop=stop, force_poll=True, poll_seconds=0.8):
            pass

    task = asyncio.create_task(run())
    async with asyncio.timeout(10):
        assert await rests.get() == 15.0
        stop.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("options", OPTIONS)
async def test_new_grown_and_deleted_files_are_told(tmp_path: Path, options: Any) -> None:
    async with watching_of(tmp_path, **options) as batches:
        file = tmp_path / "n1.0.csv"
        file.write_text("1\n")
        assert file in (await next_batch(batches)).paths
        with file.open("a") as opened:
            opened.write("2\n")
        assert file in (await next_batch(batches)).paths
        file.unlink()
        assert (await next_batch(batches)).paths


@pytest.mark.parametrize("options", OPTIONS)
async def test_below_the_folder_if_asked(tmp_path: Path, options: Any) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    async with watching_of(tmp_path, recursive=True, **options) as batches:
        (tmp_path / "a/b/c").mkdir()
        batch = await next_batch(batches)
        assert any(p.is_relative_to(tmp_path / "a/b") for p in batch.paths)
        while not batches.empty():
            batches.get_nowait()
        await asyncio.sleep(0.2)
        (tmp_path / "a/b/c/new").touch()
        assert (await next_batch(batches)).paths


@pytest.mark.parametrize("options", OPTIONS)
async def test_a_folder_that_vanishes_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Any
) -> None:
    monkeypatch.setattr(watching, "_CHECK_SECONDS", 0.1)
    folder = tmp_path / "extern"
    folder.mkdir()
    async with watching_of(folder, **{"poll_seconds": 0.05, **options}) as batches:
        folder.rename(tmp_path / "away")
        while folder not in (await next_batch(batches)).unreachable:
            pass
        (tmp_path / "away").rename(folder)
        batch = await next_batch(batches)
        while batch.unreachable:
            batch = await next_batch(batches)
        await settled(folder, batches)
        (folder / "new").touch()
        assert (await next_batch(batches)).paths


async def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    folder = tmp_path / "extern"
    async with watching_of(folder, absent=True, poll_seconds=0.05) as batches:
        first = await next_batch(batches)
        assert first.unreachable == {folder}
        assert first.method is WatchMethod.POLL
        folder.mkdir()
        batch = await next_batch(batches)
        while batch.unreachable:
            batch = await next_batch(batches)
        assert folder in batch.paths


async def test_polling_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "file_system_of", lambda folder: "nfs4")
    async with watching_of(tmp_path, poll_seconds=0.05) as batches:
        (tmp_path / "new").touch()
        batch = await next_batch(batches)
    assert batch.method is WatchMethod.POLL
    assert "nfs4" in batch.reason


async def test_when_the_kernel_refuses_it_is_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> AsyncIterator[set[tuple[int, str]]]:
        raise OSError("OS file watch limit reached")
        yield set()

    monkeypatch.setattr("watchfiles.awatch", refuse)
    async with watching_of(tmp_path, poll_seconds=0.05) as batches:
        (tmp_path / "new").touch()
        batch = await next_batch(batches)
    assert batch.method is WatchMethod.POLL
    assert "watch limit" in batch.reason


def test_the_file_system_is_the_one_of_the_deepest_mount(tmp_path: Path) -> None:
    info = tmp_path / "mountinfo"
    info.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "90 22 0:50 / /mnt/back\\040up rw shared:2 - nfs4 host:/export rw\n"
        "91 22 0:51 / /mnt/local rw - fuse.sshfs host: rw\n"
    )
    assert mounts.file_system_of(Path("/mnt/back up/extern"), info) == "nfs4"
    assert mounts.file_system_of(Path("/mnt/other"), info) == "ext4"
    assert not mounts.tells_of_changes("nfs4")
    assert not mounts.tells_of_changes("fuse.sshfs")
    assert mounts.tells_of_changes("ext4")
    assert mounts.file_system_of(Path("/x"), tmp_path / "none") == ""
