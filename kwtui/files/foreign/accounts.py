"""Working on files as another account, in this thread alone.

Root beside a folder that a less trusted account owns must not use its rights there: a link that is
swapped in at the right moment would turn them against the rest of the machine. So the work on such
files is done with the file system rights of that account: its user, its group and its further
groups, and none of root's capabilities over files, which the kernel takes from the thread as soon
as its file system user is not 0 (setfsuid(2), capabilities(7)). Whatever is planted there, the
kernel then refuses what the account could not do by itself.

Why not a child process that gives its rights up for good: the same threads also read /proc, keep
journals and locks in root's own state directory and hold the keys of the connection, so that every
file operation would go through a pipe to the child, and back. Nothing here runs what the account
wrote, so there is nobody who could take the rights back within the time that they are laid down.
Why not seteuid(2): glibc changes it for all threads at once, so that a listing in one thread would
take root's rights from the journal in another; and while the effective user is another account's,
that account may send signals to the process. setfsuid changes neither. It is what file servers
(NFS, Samba) use, which have the same task. setgroups is called below glibc for the same reason:
the kernel keeps groups for each thread, glibc tells all of them.
"""

from __future__ import annotations

import errno
import os
import pwd
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial

from kwtui.files.foreign.importing import import_with

_SETGROUPS = {"x86_64": 116, "aarch64": 159, "riscv64": 159, "loongarch64": 159}
"""Its number in the kernel, by machine (asm/unistd_64.h, asm-generic/unistd.h)."""
_ASK = 0xFFFFFFFF
"""No user's number: setfsuid then changes nothing and tells what holds."""
_NOBODY = 65534


@dataclass(frozen=True)
class Account:
    """Whose rights files are worked on with."""

    uid: int
    gid: int
    groups: tuple[int, ...]


class _Thread(threading.local):
    account: Account | None = None
    own_groups: tuple[int, ...] = ()


_thread = _Thread()


def account_name(uid: int) -> str:
    """The name of the account with this number; the number where nobody knows it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


@lru_cache(maxsize=32)
def account_of(uid: int, folder_gid: int) -> Account | None:
    """The account with this number, with the groups that it has by /etc/passwd and /etc/group.

    One that is known there only by its number (of a container) has the group of its folder, unless
    that is root's. None for what stands for accounts outside of this user namespace: to their files
    root has no more rights here than anybody else (user_namespaces(7)).
    """
    if uid == _NOBODY and not _has_all_accounts():
        return None
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        gid = folder_gid or _NOBODY
        return Account(uid, gid, (gid,))
    return Account(uid, entry.pw_gid, tuple(os.getgrouplist(entry.pw_name, entry.pw_gid)))


@lru_cache(maxsize=1)
def _has_all_accounts() -> bool:
    """Whether the number of "nobody" is that account's here, and no stand-in for unknown ones."""
    try:
        with open("/proc/self/uid_map", encoding="ascii") as file:
            ranges = [tuple(map(int, line.split())) for line in file]
    except OSError:
        return True
    return any(first <= _NOBODY < first + count for first, _, count in ranges)


@contextmanager
def acting_as(account: Account | None) -> Iterator[None]:
    """Have this thread's work on files done as that account; None: as the process itself.

    Nothing inside may wait for another thread's work, nor start a thread or a process: those would
    inherit it. Raises PermissionError where the account's rights cannot be taken on.
    """
    before = switch(account)
    try:
        yield
    finally:
        switch(before)


def acting() -> Account | None:
    """As whom this thread works on files now; None: as the process itself."""
    return _thread.account


def switch(account: Account | None) -> Account | None:
    """As `acting_as`, until it is switched back to what is returned."""
    before = _thread.account
    if account == before:
        return before
    if before is None:
        _thread.own_groups = tuple(os.getgroups())
    try:
        _become(account)
    except BaseException:
        _become(before)
        raise
    return before


def _acts_as_another() -> bool:
    return _thread.account is not None


def _own_rights() -> AbstractContextManager[None]:
    return acting_as(None)


def _become(account: Account | None) -> None:
    if account is None:
        _take_on(os.geteuid(), os.getegid(), _thread.own_groups)
    else:
        import_with(_acts_as_another, _own_rights)
        _take_on(account.uid, account.gid, account.groups)
    _thread.account = account


def _take_on(uid: int, gid: int, groups: tuple[int, ...]) -> None:
    """The user first when it is root, whose rights the rest needs; else last."""
    calls, own = _calls(), os.geteuid()
    if uid == own:
        calls.setfsuid(uid)
    if calls.setgroups(*_kernel_array(groups)) != 0:
        raise _refused(os.strerror(calls.last_error()))
    calls.setfsgid(gid)
    if uid == own:
        return
    calls.setfsuid(uid)
    if (calls.setfsuid(_ASK), calls.setfsgid(_ASK)) != (uid, gid):
        raise _refused(f"the kernel refuses user {uid} and group {gid}")


@dataclass(frozen=True)
class _Calls:
    """What libc and the kernel offer. None of them waits, so none lets another thread run."""

    setfsuid: Callable[[int], int]
    setfsgid: Callable[[int], int]
    setgroups: Callable[[int, object], int]
    """The kernel's own, of this thread alone."""
    last_error: Callable[[], int]


@lru_cache(maxsize=1)
def _calls() -> _Calls:
    """Raises PermissionError on a machine of which the kernel's numbers are not known here."""
    # Few commands need it: those of root.
    import ctypes

    machine = os.uname().machine
    if machine not in _SETGROUPS:
        raise _refused(f"it is not known how to on {machine}")
    libc = ctypes.PyDLL(None, use_errno=True)
    for function in (libc.setfsuid, libc.setfsgid):
        function.argtypes = (ctypes.c_uint32,)
        function.restype = ctypes.c_uint32
    libc.syscall.argtypes = (ctypes.c_long, ctypes.c_size_t, ctypes.c_void_p)
    libc.syscall.restype = ctypes.c_long
    setgroups = partial(libc.syscall, _SETGROUPS[machine])
    return _Calls(libc.setfsuid, libc.setfsgid, setgroups, ctypes.get_errno)


@lru_cache(maxsize=32)
def _kernel_array(groups: tuple[int, ...]) -> tuple[int, object]:
    """How many they are, and where the kernel finds them."""
    import ctypes

    return len(groups), (ctypes.c_uint32 * len(groups))(*groups)


def _refused(why: str) -> PermissionError:
    return PermissionError(
        errno.EPERM, f"root cannot work on files as the account that owns the folder: {why}"
    )
