"""Who lacks a package reads the command that adds it to kwtui as it was installed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from kwtui.files import extras
from kwtui.files.extras import how_to_add, packages_of


def command(hint: str) -> list[str]:
    return shlex.split(hint.partition(": ")[2])


def test_in_a_virtual_environment_its_own_pip_is_named() -> None:
    words = command(how_to_add("schedule"))
    assert words[:5] == [sys.executable, "-P", "-m", "pip", "install"]
    names = [word.split("<")[0] for word in words[5:]]
    assert names == ["cronsim", "oncalendar"]
    # All of them are there, so that pip has nothing to download.
    done = subprocess.run(
        [*words, "--dry-run", "--no-index", "--quiet"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("extra", ["mcp", "notify", "offsite", "schedule", "sandbox"])
def test_every_extra_is_known_with_what_it_needs_everywhere(extra: str) -> None:
    packages = packages_of(extra)
    assert packages
    assert not [each for each in packages if ";" in each or "[" in each]


def test_where_pipx_installed_it_pipx_adds_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = tmp_path / "kwtui"
    environment.mkdir()
    (environment / "pipx_metadata.json").write_text("{}")
    monkeypatch.setattr(sys, "prefix", str(environment))
    assert command(how_to_add("offsite"))[:3] == ["pipx", "inject", "kwtui"]


def test_without_pip_uv_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    words = ["uv", "pip", "install", "--python", sys.executable]
    assert command(how_to_add("mcp"))[:5] == words


def test_a_bundle_is_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bundle.json").write_text("{}")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert how_to_add("sandbox").startswith("Take an offline bundle that holds the extra sandbox")


def test_a_tree_that_was_never_installed_names_the_manual(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", missing)
    assert how_to_add("mcp").endswith("see kwtui manual install.")
