"""What tests of several areas share: how they are run, and a living sandbox."""

from __future__ import annotations

import atexit
import gc
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from tests.once import folder_of_session, once_in
from tests.ready_process import STARTING, forking_subprocess, ready_process

# Tests start hundreds of processes, and each would compile kwtui anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    # pytest rewrites all of it, for a second and more: what is written above lets it keep that,
    # and each worker finds it.
    from hypothesis import settings

    # An example takes long where a machine is busy, and is no less right for it.
    settings.register_profile("suite", deadline=None)
    settings.register_profile("thorough", deadline=None, max_examples=2000)
    settings.load_profile("suite")


_WORKER_BYTES = 700 << 20
"""What a worker takes at most, with the sandbox and the commands that it runs at a time."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two a core: tests wait for processes, disks and clocks about as long as they compute, and a
    third made a busy machine break those that watch a clock."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(cores, min(2 * cores, memory // _WORKER_BYTES))


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Keep tests that stand together on one worker: they share what a module has prepared."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "worksteal"


_shared: list[Path] = []
"""The folder that all workers of a session share, once there is a session."""


@pytest.fixture(scope="session", autouse=True)
def _state_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What kwtui remembers for a person goes nowhere near the person who runs the tests."""
    _shared.append(folder_of_session(tmp_path_factory))
    with pytest.MonkeyPatch.context() as patch:
        if "KWTUI_STATE_DIR" not in os.environ:
            patch.setenv("KWTUI_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        # Tests of these modules themselves, and commands in a shell, start real ones.
        for name in STARTING:
            patch.setattr(f"{name}.subprocess", forking_subprocess())
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """On a clean checkout each worker compiles a part of all modules, and finds the rest compiled.

    In step with the others, as workers collect, each of them would compile every module.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is None or session.config.args_source is not session.config.ArgsSource.TESTPATHS:
        return
    here = Path(__file__).parent
    modules = sorted(here.rglob("test_*.py"))
    number, workers = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
    for path in modules[len(modules) * number // workers : len(modules) * (number + 1) // workers]:
        # What cannot be imported is collected once more, and that says so.
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(path.relative_to(here.parent).with_suffix("").parts))


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the garbage collector need not look at it again.

    And less often at the rest: an application of Textual's makes as many objects as one of its
    usual rounds waits for, many times over.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@dataclass(frozen=True)
class SandboxNode:
    """A running sandbox, as ``start --json`` tells of it."""

    dsn: str
    directory: Path
    store: Path
    extern: Path
    logs: Path
    pid: int


def start_sandbox(directory: Path, *options: str) -> SandboxNode:
    """Start a sandbox in the directory, on a free port; stop it with `stop_sandbox`.

    Without options it is a copy of one that has the demo content and was stopped: to start it
    takes a quarter of the time that making the content takes.
    """
    if not options and not directory.exists():
        shutil.copytree(_demo_to_copy(), directory)
    told = _sandbox("start", "--json", "--dir", str(directory), *options)
    values = json.loads(told)
    paths = {key: Path(values[key]) for key in ("store", "extern", "logs")}
    return SandboxNode(dsn=values["dsn"], directory=directory, pid=values["pid"], **paths)


def _demo_to_copy() -> Path:
    """The directory of a stopped sandbox with the shop and the plant, made once for all workers."""
    return once_in(_shared[0] if _shared else _own_folder(), "demo", _make_demo) / "node"


@cache
def _own_folder() -> Path:
    """Where a script, and no test, starts a sandbox."""
    folder = Path(tempfile.mkdtemp(prefix="kwtui-demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _make_demo(folder: Path) -> None:
    directory = folder / "node"
    _sandbox("start", "--dir", str(directory))
    _sandbox("stop", "--dir", str(directory))
    # Each copy begins its log, as a new node does.
    for log in directory.glob("store*/logs/*"):
        if not log.is_dir():
            log.unlink()
    description = directory / "sandbox.json"
    # Each copy is to find a port of its own.
    description.write_text(json.dumps(json.loads(description.read_text()) | {"port": 0}))


def stop_sandbox(node: SandboxNode) -> None:
    _sandbox("stop", "--dir", str(node.directory))


def _sandbox(*arguments: str) -> str:
    code, out, err = ready_process().run(arguments, os.environ, 110, "kwtui.sandbox.__main__")
    assert code == 0, f"{' '.join(arguments)}: {err}{out}"
    return out


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    """One sandbox without demo content for all tests of a process; xdist workers have their own.

    It is shared: make databases of your own, with names that no other test has, and leave
    settings of the whole cluster as they are.
    """
    node = start_sandbox(tmp_path_factory.mktemp("sandbox") / "node", "--empty")
    yield node
    stop_sandbox(node)


@pytest.fixture(scope="session")
def demo_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    """One sandbox with the shop and the plant; shared: read them, do not change them."""
    node = start_sandbox(tmp_path_factory.mktemp("demo") / "node")
    yield node
    stop_sandbox(node)
