"""What root needs while it acts as another account comes from root's home all the same."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from kwtui.files.foreign.accounts import Account, acting, acting_as
from tests.files.foreign.accounts import OTHER, as_root

pytestmark = as_root

_ACCOUNT = Account(OTHER, OTHER, (OTHER,))


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that only root may enter, as one of pipx or pyenv below /root."""
    folder = tmp_path / "site-packages"
    (folder / "late_package").mkdir(parents=True)
    (folder / "late_module.py").write_text(
        "from kwtui.files.foreign.accounts import acting\n"
        "import late_package.inner\n"
        "RAN_AS = acting()\n"
    )
    (folder / "late_package/__init__.py").write_text("")
    (folder / "late_package/inner.py").write_text("")
    folder.chmod(0o700)
    monkeypatch.syspath_prepend(folder)
    return folder


def test_a_module_that_is_first_needed_there_is_imported(closed: Path) -> None:
    with acting_as(_ACCOUNT):
        module = importlib.import_module("late_module")
        assert acting() == _ACCOUNT
        with pytest.raises(PermissionError):
            (closed / "late_module.py").read_text()
    assert module.RAN_AS is None
    assert module.__spec__ is not None
    assert module.__spec__.origin == str(closed / "late_module.py")


def test_a_module_that_is_nowhere_is_not_found(closed: Path) -> None:
    with acting_as(_ACCOUNT), pytest.raises(ModuleNotFoundError, match="no_such_module"):
        importlib.import_module("no_such_module")
    assert acting() is None
