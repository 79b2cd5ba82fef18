"""Reaching a file or folder: its folder held by descriptor, and whose rights count there.

A *ground* is a folder that somebody named: extern, a log folder, a store. The way down to it is the
person's: links on it are followed, as far as nobody could have turned them against kwtui. Below it
no link is followed, name by name. What lies on no ground that was claimed is reached from its own
folder, which then is one.

On the way down to a ground

- root lays its rights down at the first folder that belongs to another account, and takes on that
  account's (`kwtui.files.foreign.accounts`): from there on that account could change the way;
- after a link that another account made, nothing that belongs to kwtui's own account is entered:
  such a link only leads to where its owner could go too.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from kwtui.files.foreign.accounts import Account, account_of, acting, acting_as, switch

_PATH_ONLY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""Enough to go on from; unlike reading, it needs no right to list the folder."""
_MOST_LINKS = 40
"""As the kernel's own limit (path_resolution(7))."""


@dataclass(frozen=True)
class _Claim:
    own: bool


_claims: dict[tuple[str, ...], _Claim] = {}
_depths: list[int] = []


def claim(root: Path, *, own: bool = False, unless_covered: bool = False) -> Path:
    """Make a folder a ground, whether it is there or not: no link below it is followed.

    ``unless_covered``: only if it does not lie on one already.
    ``own``: it is kwtui's own, as its state directory; only there root keeps its rights whoever
    the folders above belong to.
    """
    root = root.absolute()
    parts = root.parts
    covered = unless_covered and any(parts[:depth] in _claims for depth in _depths)
    if parts not in _claims and not covered:
        _claims[parts] = _Claim(own)
        _depths[:] = sorted({*_depths, len(parts)}, reverse=True)
    return root


@dataclass
class Ground:
    """A ground that is open."""

    parts: tuple[str, ...]
    descriptor: int
    account: Account | None
    chain: list[tuple[str, int]] = field(default_factory=list)
    """Folders below it that are held too: the last one's way, by name and descriptor."""

    def close(self) -> None:
        self._cut(0)
        os.close(self.descriptor)

    def folder(self, below: Sequence[str]) -> int:
        """A folder below it, which stays held until another one is asked for."""
        same = 0
        for (name, _), wanted in zip(self.chain, below, strict=False):
            if name != wanted:
                break
            same += 1
        self._cut(same)
        for name in below[same:]:
            self.chain.append((name, _enter(name, self.tip)))
        return self.tip

    @property
    def tip(self) -> int:
        return self.chain[-1][1] if self.chain else self.descriptor

    def _cut(self, count: int) -> None:
        while len(self.chain) > count:
            os.close(self.chain.pop()[1])


_NOT_HELD = Ground((), -1, None)


class _Held(threading.local):
    def __init__(self) -> None:
        self.grounds: dict[tuple[str, ...], Ground | None] = {}
        """None: it was looked for, and is not there."""


_held = _Held()


@contextmanager
def hold(root: Path) -> Iterator[None]:
    """Keep a ground open for what this thread does with it meanwhile.

    For much reading in a few folders: each is looked for once. A folder that is not there is no
    error here, and stays away while the block runs. Nothing inside may wait, or start threads or
    processes.
    """
    root = claim(root)
    if root.parts in _held.grounds:
        yield
        return
    try:
        ground = _open(root.parts, own=_claims[root.parts].own)
    except FileNotFoundError:
        ground = None
    except OSError:
        # Told by whoever wants something in it.
        yield
        return
    _held.grounds[root.parts] = ground
    try:
        # Its account's rights count for each step by itself: what else the block does, as loading
        # a module of Python, is done as ever.
        yield
    finally:
        del _held.grounds[root.parts]
        if ground is not None:
            ground.close()


@contextmanager
def at_once(root: Path) -> Iterator[None]:
    """Take several steps on a ground that is held, with its account's rights from begin to end.

    To change rights takes as long as to open ten files. Only for what does nothing but look at
    files there; it may load modules, but not wait, or start threads or processes.
    """
    ground = _held.grounds.get(root.absolute().parts)
    with acting_as(acting() if ground is None else ground.account):
        yield


class _Reached:
    """A folder that is held while a block runs, under the rights that count."""

    __slots__ = ("_before", "_leave", "_opened", "_path")

    def __init__(self, path: Path, leave: int) -> None:
        self._path = path
        self._leave = leave
        """How many names at the end of the path are left out."""
        self._opened: Ground | None = None

    def reach(self) -> int:
        if not self._path.is_absolute():
            self._path = self._path.absolute()
        parts = self._path.parts
        end = len(parts) - self._leave
        root = _root_length(parts, end)
        below = parts[root:end]
        if ".." in below:
            raise OSError(errno.EINVAL, "it leads out of its folder", str(self._path))
        ground = _held.grounds.get(parts[:root], _NOT_HELD)
        if ground is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._path))
        if ground is _NOT_HELD:
            known = _claims.get(parts[:root])
            ground = self._opened = _open(parts[:root], own=known is not None and known.own)
        try:
            self._before = switch(ground.account)
            try:
                return ground.folder(below)
            except BaseException:
                switch(self._before)
                raise
        except BaseException:
            self._close()
            raise

    def __exit__(self, *error: object) -> None:
        switch(self._before)
        self._close()

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()


class folder_at(_Reached):
    """A folder, to reach what is in it; not to list it (`listable`). Raises OSError."""

    __slots__ = ()

    def __init__(self, path: Path) -> None:
        super().__init__(path, 0)

    def __enter__(self) -> int:
        return self.reach()


class parent_of(_Reached):
    """The folder of a path, and its name there.

    Raises OSError, for a path without a name too.
    """

    __slots__ = ()

    def __init__(self, path: Path) -> None:
        super().__init__(path, 1)

    def __enter__(self) -> tuple[int, str]:
        name = self._path.name
        if name in ("", ".."):
            raise OSError(errno.EINVAL, "it names no file", str(self._path))
        return self.reach(), name


def listable(folder: int) -> int:
    """A descriptor of the same folder that can be listed and synced; the caller closes it."""
    return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)


def enter(name: str, folder: int) -> int:
    """A folder in a folder, never through a link, to be listed. The caller closes it."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(name, flags, dir_fd=folder)
    except NotADirectoryError:
        raise _no_folder(name, folder) from None


# -- inside -----------------------------------------------------------------------------------


def _root_length(parts: tuple[str, ...], longest: int) -> int:
    """How many parts of the path are its ground; all but the last where none was claimed."""
    for depth in _depths:
        if depth <= longest and parts[:depth] in _claims:
            return depth
    return longest


def _open(parts: tuple[str, ...], *, own: bool) -> Ground:
    """Raises OSError."""
    if own:
        with acting_as(None):
            flags = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
            return Ground(parts, os.open(os.path.join(*parts), flags), None)
    way = _Way(parts)
    try:
        way.go()
    except BaseException:
        os.close(way.folder)
        raise
    return Ground(parts, way.folder, way.account)


class _Way:
    """The way down to a ground, and through whose hands it goes."""

    def __init__(self, parts: tuple[str, ...]) -> None:
        self.folder = os.open("/", _PATH_ONLY)
        self.account: Account | None = None
        self._parts = parts
        self._uid = os.geteuid()
        self._links = 0
        self._led_by: int | None = None
        """The other account whose link was followed."""

    def go(self) -> None:
        waiting = list(reversed(self._parts))
        while waiting:
            name = waiting.pop()
            with acting_as(self.account):
                try:
                    if name == "/":
                        self._take(os.open("/", _PATH_ONLY))
                    else:
                        self._take(os.open(name, _PATH_ONLY, dir_fd=self.folder))
                except NotADirectoryError:
                    waiting += self._link(name)
                    continue
                except OSError as error:
                    error.filename = os.path.join(*self._parts)
                    raise
            self._look()

    def _take(self, folder: int) -> None:
        os.close(self.folder)
        self.folder = folder

    def _look(self) -> None:
        owner = os.fstat(self.folder)
        if self._led_by is not None:
            # Root is there as that account by now: the kernel refuses what is not its own.
            if owner.st_uid == self._uid not in (0, self._led_by):
                raise self._error(errno.ELOOP, "a symbolic link of another account leads there")
        elif self._uid == 0 and owner.st_uid != 0:
            self.account = account_of(owner.st_uid, owner.st_gid)

    def _link(self, name: str) -> list[str]:
        """What a link says, in the order of `go`."""
        status = os.stat(name, dir_fd=self.folder, follow_symlinks=False)
        if not stat.S_ISLNK(status.st_mode):
            raise self._error(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        self._links += 1
        if self._links > _MOST_LINKS:
            raise self._error(errno.ELOOP, os.strerror(errno.ELOOP))
        if self._uid != 0:
            if status.st_uid not in (0, self._uid):
                self._led_by = status.st_uid
        elif status.st_uid != 0 or self.account is not None:
            # From here on only its owner's rights count, wherever it leads.
            self.account = self.account or account_of(status.st_uid, status.st_gid)
            self._led_by = self.account.uid if self.account else status.st_uid
        return list(reversed(Path(os.readlink(name, dir_fd=self.folder)).parts))

    def _error(self, number: int, words: str) -> OSError:
        return OSError(number, words, os.path.join(*self._parts))


def _enter(name: str, folder: int) -> int:
    try:
        return os.open(name, _PATH_ONLY, dir_fd=folder)
    except NotADirectoryError:
        raise _no_folder(name, folder) from None


def _no_folder(name: str, folder: int) -> OSError:
    """Of a link that stands where a folder should, it is told that it is one."""
    with suppress(OSError):
        kind = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        if stat.S_ISLNK(kind):
            return OSError(errno.ELOOP, "it is a symbolic link", name)
    return NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
