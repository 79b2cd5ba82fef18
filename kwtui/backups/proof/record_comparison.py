"""Whether two exports hold the same records, at the speed of the disk (`csv.multiset`)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kwtui.backups.csv.multiset import BrokenRecord, Multiset, multiset_of, one_sided
from kwtui.backups.proof.scan_pool import read_each, readers_for
from kwtui.backups.proof.scan_process import ScanProcess
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.reading import cannot_read, status_of
from kwtui.model.requests import Dialect

SHOWN = 5
"""Records of each side that are shown when they differ."""

Tick = Callable[[int], None]


@dataclass(frozen=True)
class RecordComparison:
    """What came of it."""

    records_here: int
    records_there: int
    same: bool
    only_here: tuple[str, ...] = ()
    """The first records that are only here."""
    only_there: tuple[str, ...] = ()


def compare_records(
    here: Sequence[Path],
    there: Sequence[Path],
    dialect: Dialect,
    *,
    workers: int | None = None,
    tick: Tick = lambda size: None,
) -> RecordComparison:
    """Compare all records of the files here with all of those there, whatever their order.

    Blocking. ``workers`` is the number of processes that read (None: one for each CPU), where there
    is enough to read. ``tick`` is called from several threads with the bytes that were read; what
    it raises ends the comparison. Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE,
    BACKUP_DAMAGED.
    """
    files = sorted({*here, *there}, key=_size, reverse=True)
    found = dict(zip(files, _multisets(files, dialect, workers, tick), strict=True))
    one = sum((found[path] for path in here), Multiset())
    two = sum((found[path] for path in there), Multiset())
    if one == two:
        return RecordComparison(one.records, two.records, same=True)
    try:
        left = one_sided(here, there, dialect, max(one.records, two.records), SHOWN, tick)
    except OSError as error:
        raise cannot_read(Path(error.filename or files[0]), error) from error
    same = not left.only_here and not left.only_there
    return RecordComparison(one.records, two.records, same, left.only_here, left.only_there)


def _size(path: Path) -> int:
    """The largest are read first, so that none is left for last."""
    try:
        return status_of(path).st_size
    except OSError as error:
        raise cannot_read(path, error) from error


def _multisets(
    files: Sequence[Path], dialect: Dialect, workers: int | None, tick: Tick
) -> list[Multiset]:
    count, in_processes = readers_for([_size(path) for path in files], workers)
    if not in_processes:
        return [_read(path, multiset_of, dialect, tick) for path in files]
    stopped = threading.Event()

    def tick_or_stop(size: int) -> None:
        tick(size)
        if stopped.is_set():
            # Another file failed: that is what is told.
            raise KwtuiError("The comparison was stopped.", exit_code=ExitCode.CANCELLED)

    def read(reader: ScanProcess | None, path: Path) -> Multiset:
        return _read(path, reader.multiset if reader else multiset_of, dialect, tick_or_stop)

    # All processes must hash alike, and nobody else must know how.
    seed = secrets.randbelow(1 << 32)
    return read_each(files, count, read, stopped.set, in_processes=True, hash_seed=seed)


def _read(
    path: Path, read: Callable[[Path, Dialect, Tick], Multiset], dialect: Dialect, tick: Tick
) -> Multiset:
    try:
        return read(path, dialect, tick)
    except ChildProcessError as error:
        raise KwtuiError(
            f"{path} was not read completely.",
            cause=f"{error}: it was killed, or the machine has no memory left.",
            hint="Try again.",
        ) from error
    except OSError as error:
        raise cannot_read(path, error) from error
    except BrokenRecord as error:
        raise KwtuiError(
            f"{path} cannot be read as records.",
            cause=str(error),
            exit_code=ExitCode.BACKUP_DAMAGED,
        ) from error
