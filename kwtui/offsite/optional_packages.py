"""The packages of the extra ``offsite``, loaded when they are needed."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from kwtui.errors import KwtuiError
from kwtui.files.extras import how_to_add


def zstd_module() -> ModuleType:
    """``backports.zstd``, which compresses. Raises KwtuiError where it is not installed."""
    return _load("backports.zstd")


def age_module() -> ModuleType:
    """``pyrage``, which encrypts. Raises KwtuiError where it is not installed."""
    return _load("pyrage")


def s3_module() -> ModuleType:
    """``obstore``, which talks to object stores. Raises KwtuiError where it is not installed."""
    return _load("obstore")


def _load(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError as error:
        raise KwtuiError(
            "Off-site copies need packages that are not installed.",
            cause=f"{name.replace('.', '-')}: {error}.",
            hint=how_to_add("offsite"),
        ) from error
