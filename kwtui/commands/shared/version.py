"""kwtui --version --verbose: what this installation was made of, and what it runs on.

For whoever reports a problem, or wonders whether a bundle starts on an old host. Nothing here may
fail because a library does: that may be what is looked for.
"""

from __future__ import annotations

import os
import platform
import re
import ssl
import sys
import textwrap
from collections.abc import Iterator
from importlib import metadata

import msgspec

from kwtui.commands.shared.output import Output
from kwtui.files.own_program import bundle_facts, starting_words

_WIDTH = 80
_LABEL = 11
_MANYLINUX = re.compile(r"manylinux(?:(1|2010|2014)|_(\d+)_(\d+))_")
_REQUIREMENT = re.compile(r"([\w.-]+)\s*(?:\[([^]]*)\])?")
_EXTRA_MARKER = re.compile(r"extra == .([\w.-]+)")
_NAMED = {"1": (2, 5), "2010": (2, 12), "2014": (2, 17)}
"""The glibc of the older names of tags (PEP 600)."""


class BundleFacts(msgspec.Struct, frozen=True):
    """What whoever made the offline bundle wrote into it."""

    compiler: str
    extras: list[str]
    sources: dict[str, str]
    """Source packages of Debian, with their versions."""


def print_details(output: Output) -> None:
    """Everything below the line with kwtui's own version."""
    facts = _facts()
    installed = {name: found.version for name, found in _distributions()}
    of = f"offline bundle with {', '.join(facts.extras)}" if facts else "no offline bundle"
    _row(output, "Program", f"{' '.join(starting_words())} ({of})")
    _row(output, "Python", f"{platform.python_version()}, {sys.executable}")
    compiled = platform.python_compiler()
    _row(output, "Compiler", f"{compiled} ({facts.compiler})" if facts else compiled)
    _row(output, "C library", _c_library())
    _row(output, "OpenSSL", ssl.OPENSSL_VERSION)
    _row(output, "libpq", _libpq())
    if facts:
        _row(output, "Sources", _listed(facts.sources))
    _row(output, "Packages", _listed(installed))


def wheel_glibc(wheel: str) -> tuple[int, int] | None:
    """The oldest glibc that a wheel says it runs with, from its file WHEEL (PEP 427, PEP 600).

    None where it says none: it holds no compiled code, or was compiled on this host.
    """
    tags = [line for line in wheel.splitlines() if line.startswith("Tag:")]
    found = [match for tag in tags for match in _MANYLINUX.finditer(tag)]
    return min((_glibc(match) for match in found), default=None)


def _glibc(tag: re.Match[str]) -> tuple[int, int]:
    return _NAMED[tag[1]] if tag[1] else (int(tag[2]), int(tag[3]))


def _facts() -> BundleFacts | None:
    path = bundle_facts()
    return msgspec.json.decode(path.read_bytes(), type=BundleFacts) if path else None


def _c_library() -> str:
    """What the interpreter and the compiled packages need, and what is here."""
    _, needed = platform.libc_ver(os.path.realpath(sys.executable))
    versions = [tuple(map(int, needed.split(".")))] if needed else []
    wheels = (found.read_text("WHEEL") or "" for _, found in _distributions())
    versions += [need for wheel in wheels if (need := wheel_glibc(wheel))]
    words = ".".join(map(str, max(versions)[:2])) if versions else "of any version"
    try:
        here = os.confstr("CS_GNU_LIBC_VERSION") or "another C library"
    except (ValueError, OSError):
        here = "another C library"
    return f"glibc {words} or later is needed, {here} is here"


def _libpq() -> str:
    try:
        import psycopg.pq

        number = psycopg.pq.version()
    except (ImportError, OSError) as error:
        return f"cannot be loaded: {error}"
    return f"{number // 10000}.{number % 10000}, by psycopg's {psycopg.pq.__impl__} build"


def _distributions() -> Iterator[tuple[str, metadata.Distribution]]:
    """What kwtui and its extras require and is installed, and what that requires; by name.

    Not what the tests are run with.
    """
    found: dict[str, metadata.Distribution] = {}
    wanted = [("kwtui", set(_extras_of("kwtui")) - {"test"})]
    seen: set[tuple[str, frozenset[str]]] = set()
    while wanted:
        name, extras = wanted.pop()
        if (name, frozenset(extras)) in seen:
            continue
        seen.add((name, frozenset(extras)))
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        for required in found[name].requires or ():
            extra = _EXTRA_MARKER.search(required)
            if extra is None or extra[1] in extras:
                wanted.append(_named(required))
    found.pop("kwtui", None)
    yield from sorted(found.items())


def _extras_of(name: str) -> list[str]:
    try:
        return metadata.metadata(name).get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return []


def _named(requirement: str) -> tuple[str, set[str]]:
    """The distribution in a requirement, in its one spelling (PEP 503), with its extras."""
    name, extras = _REQUIREMENT.findall(requirement)[0]
    normal = re.sub(r"[-_.]+", "-", name).lower()
    return normal, {extra.strip() for extra in extras.split(",") if extra.strip()}


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def _row(output: Output, label: str, text: str) -> None:
    first, *rest = textwrap.wrap(
        text, _WIDTH - _LABEL, break_long_words=False, break_on_hyphens=False
    )
    output.line(f"{label:{_LABEL}}{first}")
    for line in rest:
        output.line(f"{'':{_LABEL}}{line}")
