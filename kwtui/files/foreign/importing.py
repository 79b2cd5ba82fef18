"""Importing modules with the process's own rights, whatever account a thread works as.

A module that is first needed while files are worked on as another account would else be looked for
with that account's rights. Those do not reach a Python or a kwtui in root's home (pipx, uv tool,
pyenv), and the import would fail. Modules are the process's own, never a foreign file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class _OwnImports:
    """Finds and loads as the process itself; stands before all other finders."""

    acts_as_another: Callable[[], bool]
    own_rights: Callable[[], AbstractContextManager[None]]

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not self.acts_as_another():
            return None
        with self.own_rights():
            for finder in sys.meta_path:
                if finder is not self and (spec := finder.find_spec(name, path, target)):
                    self._have_loaded(spec)
                    return spec
        return None

    def _have_loaded(self, spec: ModuleSpec) -> None:
        # A loader of a file is made for one module; the other kinds are shared, and read no file.
        if hasattr(spec.loader, "path"):
            for step in ("create_module", "exec_module"):
                setattr(spec.loader, step, self._with_own_rights(getattr(spec.loader, step)))

    def _with_own_rights(self, step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def call(argument: Any) -> Any:
            with self.own_rights():
                return step(argument)

        return call


def import_with(
    acts_as_another: Callable[[], bool], own_rights: Callable[[], AbstractContextManager[None]]
) -> None:
    """From now on a thread that acts as another imports within ``own_rights``."""
    own = _OwnImports(acts_as_another, own_rights)
    if own not in sys.meta_path:
        sys.meta_path.insert(0, own)
