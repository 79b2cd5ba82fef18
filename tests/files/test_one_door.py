"""Nothing but the door works on files of others: every other module's own files are named here.

Read from the source: a call that opens, lists, looks at, makes, changes or removes a file outside
of `kwtui.files` must stand in the table, with the reason why nobody else writes where it works.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "kwtui"
DOOR = "files/"
SANDBOX = "sandbox/"
"""A program of its own, for tests and trials: its files are its own."""

OF_OS = frozenset(
    {
        "open",
        "link",
        "symlink",
        "rename",
        "replace",
        "renames",
        "remove",
        "unlink",
        "rmdir",
        "removedirs",
        "mkdir",
        "makedirs",
        "listdir",
        "scandir",
        "walk",
        "fwalk",
        "access",
        "chmod",
        "chown",
        "lchown",
        "fchmod",
        "fchown",
        "utime",
        "stat",
        "lstat",
        "statvfs",
        "truncate",
        "mkfifo",
        "mknod",
        "readlink",
    }
)
OF_SHUTIL = frozenset(
    {
        "rmtree",
        "copy",
        "copy2",
        "copyfile",
        "copytree",
        "move",
        "chown",
        "disk_usage",
    }
)
OF_PATHS = frozenset(
    {
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "mkdir",
        "rmdir",
        "chmod",
        "lchmod",
        "rename",
        "unlink",
        "touch",
        "iterdir",
        "glob",
        "rglob",
        "stat",
        "lstat",
        "exists",
        "is_file",
        "is_dir",
        "is_symlink",
        "is_fifo",
        "is_socket",
        "is_mount",
        "symlink_to",
        "hardlink_to",
        "readlink",
        "samefile",
    }
)
_OF_MODULES = {"os": OF_OS, "shutil": OF_SHUTIL}

_STATE = "kwtui's own state directory, which is private to its account"
_CONFIG = "the person's own configuration"
_KERNEL = "/proc, which the kernel writes"
_PACKAGE = "files of the installed package"
_SERVICE = "files that say how the node is started; they belong to root or its service"
_ASKS = "asks the Controller for a text of a set"
ALLOWED = {
    "app/crash_log.py": _STATE,
    "commands/explain.py": "a file that the person names, to be read once",
    "commands/shared/version.py": _PACKAGE,
    "commands/recovery/rescue.py": "whether a name is free for a file that the person saves",
    "commands/shared/output.py": "/dev/null",
    "config/policies.py": _CONFIG,
    "controller/approvals.py": _CONFIG,
    "config/editor.py": _CONFIG,
    "config/policy_file.py": _CONFIG,
    "diagnosis/entries.py": _PACKAGE,
    "doctor/gathering.py": _KERNEL,
    "documents/restore_script.py": _PACKAGE,
    "manual/pages.py": _PACKAGE,
    "manual/shells.py": _PACKAGE,
    "node/deployment/containers.py": _SERVICE,
    "node/deployment/processes.py": _KERNEL,
    "node/logs/remote/over_ssh.py": "a private folder that it makes itself",
    "node/logs/remote/spool.py": "a private folder that it makes itself",
    "node/mounts.py": _KERNEL,
    "runs/directory.py": _STATE,
    "runs/journal.py": _STATE,
    "runs/lock.py": _STATE,
    "runs/process.py": _STATE,
    "runs/process_identity.py": _KERNEL,
    "runs/stopped_restores.py": _STATE,
    "runs/worker.py": _STATE,
    "screens/backup_set/screen.py": _ASKS,
    "screens/backup_set/set_actions.py": _ASKS,
    "server/catalogue/unknown_statements.py": _STATE,
    "server/connection/failures.py": "a key or certificate that the person names",
    "server/connection/passwords.py": "a password file that the person names",
    "server/console/history.py": _STATE,
    "server/sandbox_process.py": _STATE,
    "unattended/starting.py": "what its child says, in a file that has no name",
    "unattended/history.py": _STATE,
    "unattended/installing.py": "units of the account's own systemd",
    "widgets/completion.py": "names for a path that the person is typing; nothing is opened",
    "widgets/styles.py": _PACKAGE,
}


def calls(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """The calls that work on files by their path, by line and name."""
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = node.value.id
            if module == "tempfile" or node.attr in _OF_MODULES.get(module, ()):
                yield node.lineno, f"{module}.{node.attr}"
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id == "open":
            yield node.lineno, "open"
        elif isinstance(function, ast.Attribute):
            owner = function.value
            if isinstance(owner, ast.Name) and owner.id in (*_OF_MODULES, "tempfile"):
                continue
            if function.attr in OF_PATHS or _opens(node, function.attr):
                yield node.lineno, f"….{function.attr}"


def _opens(call: ast.Call, name: str) -> bool:
    """``path.open("rb")``; not ``server.open(target)``."""
    if name != "open":
        return False
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Constant) or any(k.arg == "encoding" for k in call.keywords)


@cache
def nodes_of_files() -> dict[Path, list[ast.AST]]:
    """What the tests here look at of each file of kwtui."""
    kinds = (ast.Attribute, ast.Call, ast.List, ast.Tuple)
    return {
        file: [node for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, kinds)]
        for file in sorted(PACKAGE.rglob("*.py"))
    }


@cache
def found() -> dict[str, list[str]]:
    by_module: dict[str, list[str]] = {}
    for file, nodes in nodes_of_files().items():
        module = file.relative_to(PACKAGE).as_posix()
        if module.startswith((DOOR, SANDBOX)):
            continue
        for line, name in calls(nodes):
            by_module.setdefault(module, []).append(f"kwtui/{module}:{line}: {name}")
    return by_module


def test_only_the_door_works_on_files_of_others() -> None:
    strangers = [
        place for module, places in found().items() if module not in ALLOWED for place in places
    ]
    assert not strangers, "through kwtui.files.foreign instead:\n" + "\n".join(strangers)


def test_what_is_allowed_is_needed() -> None:
    assert sorted(set(ALLOWED) - set(found())) == []


@pytest.mark.parametrize(
    "code",
    [
        "open('x')",
        "path.open('rb')",
        "path.read_text()",
        "(a / b).unlink()",
        "os.walk(x)",
        "shutil.rmtree(x)",
        "tempfile.mkstemp()",
        "os.chown(x, 1, 1)",
        "to_thread(shutil.rmtree, x)",
    ],
)
def test_such_a_call_is_seen(code: str) -> None:
    assert len(list(calls(ast.walk(ast.parse(code))))) == 1


@pytest.mark.parametrize("code", ["Server.open(target)", "read_text(x)", "shutil.which('x')"])
def test_others_are_not(code: str) -> None:
    assert list(calls(ast.walk(ast.parse(code)))) == []


def test_programs_of_kwtui_itself_are_started_without_the_current_folder() -> None:
    """An interpreter that is started by its path has ``-P`` as its next word."""
    for file, nodes in nodes_of_files().items():
        for node in nodes:
            if not isinstance(node, ast.List | ast.Tuple):
                continue
            for word, following in pairwise(node.elts):
                if isinstance(word, ast.Attribute) and word.attr == "executable":
                    where = f"{file}:{word.lineno}"
                    assert isinstance(following, ast.Constant), where
                    assert following.value == "-P", where
