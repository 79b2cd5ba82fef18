"""``proofs.jsonl``: the checks of a set, one a line, each line with a check of its own.

A line ends with two words of 16 hexadecimal digits, each the beginning of a SHA-256:

``after``
    of the line before it, byte for byte without its newline; of nothing for the first line.
``check``
    of the line itself as it is without this last field (``…,"after":"…"}``).

So a line that was changed is found by itself, and one that was taken out by the line after it;
only lines that are missing at the very end leave no trace. The lines of older kwtui have neither
word and are read as they are. Nothing here is a signature: it tells damage, not malice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from kwtui.backups.manifest import Proof, read_sidecar
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import append_after
from kwtui.files.json_text import decode, decode_once, encode
from kwtui.model.proof import ProofLevel

_DIGITS = 16
_LARGEST = 32 << 20
"""Bytes: a check a day for a hundred years."""
_CHECK = b',"check":"'
_KNOWN = {field.name for field in fields(Proof)}
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def append_proof(path: Path, proof: Proof) -> None:
    """Add a line to ``proofs.jsonl`` and sync it; the only write into a finished set.

    Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE or FAILED).
    """
    append_after(path, lambda last: seal_line(encode(proof), last))


def read_proofs(path: Path) -> list[Proof]:
    """All checks in the order of the file; none if it is not there.

    A line that is damaged, or that is missing before another, counts as a check that failed, so
    that nothing stands on it until the set is checked again. So does one that was cut off while it
    was written: what it was to say is not known.

    Raises KwtuiError (EXTERN_NOT_READABLE).
    """
    try:
        content = read_sidecar(path, _LARGEST)
    except KwtuiError as error:
        if error.exit_code is ExitCode.NOT_FOUND:
            return []
        raise
    return list(_proofs(content, path.name))


def seal_line(text: bytes, last: bytes) -> bytes:
    """The JSON of a proof with its two words. ``last`` is the line before it."""
    body = text.removesuffix(b"}") + b',"after":"' + _digest(last) + b'"}'
    return body.removesuffix(b"}") + _CHECK + _digest(body) + b'"}'


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest()[:_DIGITS].encode() if data else b"0" * _DIGITS


def _proofs(content: bytes, name: str) -> Iterator[Proof]:
    *lines, rest = content.split(b"\n")
    if rest[-1:] == b"}" or _says_something(rest[:-1]):
        # Only the newline is missing, or is another character now.
        lines.append(rest)
        rest = b""
    last, at, checked, believed = b"", _BEFORE_ALL, False, True
    for number, line in enumerate(lines, start=1):
        following = lines[number] if number < len(lines) else b""
        if _is_torn(line) and _after(following) == _digest(line):
            yield _torn(name, number, at)
        elif _is_damaged(line, checked):
            yield _damaged(f"line {number} of {name} is damaged", at)
            believed = False
        else:
            if believed and _after(line) not in (b"", _digest(last)):
                yield _damaged(f"a line is missing before line {number} of {name}", at)
            proof = decode(line, Proof)
            at, believed = proof.at, True
            yield proof
        checked = checked or bool(_after(line))
        last = line
    if rest:
        yield _torn(name, len(lines) + 1, at)


def _says_something(line: bytes) -> bool:
    return line[-1:] == b"}" and not _is_damaged(line, checked=True)


def _is_damaged(line: bytes, checked: bool) -> bool:
    """``checked`` tells that lines before it had their words, so that this one must have them."""
    try:
        decode_once(line, Proof)
        words = decode(line, dict[str, object])
    except msgspec.DecodeError:
        return True
    if "after" not in words and "check" not in words:
        return checked or not words.keys() <= _KNOWN
    body, _, _ = line.rpartition(_CHECK)
    return not body or words.get("check") != _digest(body + b"}").decode()


def _is_torn(line: bytes) -> bool:
    """The beginning of a line, and not its end."""
    return line[:1] == b"{" and line[-1:] != b"}"


def _after(line: bytes) -> bytes:
    """The first of a line's two words; nothing for a line that has none."""
    _, found, tail = line.rpartition(b',"after":"')
    return tail[:_DIGITS] if found else b""


def _damaged(words: str, at: datetime) -> Proof:
    told = f"{words}: its content is unknown"
    return Proof(at, ProofLevel.P0, ProofLevel.P0, ok=False, summary=told, problems=(told,))


def _torn(name: str, number: int, at: datetime) -> Proof:
    words = (
        f"line {number} of {name} was cut off while it was written: the result of that check is "
        "unknown until the set is checked again"
    )
    return replace(_damaged("", at), summary=words, problems=(), torn=True)
