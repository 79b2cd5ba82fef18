"""A program that feeds one decoder with bytes that its coverage leads to (libFuzzer by atheris).

``python -m tests.faults.fuzzing DECODER [libFuzzer's options and folders of samples]``. It ends
with an error, and prints the bytes, for whatever a decoder raises that is not its own error.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

import atheris

with atheris.instrument_imports(include=["kwtui"]):
    import msgspec

    from kwtui.approval.proposals import Proposal
    from kwtui.backups.csv.page import read_page
    from kwtui.backups.csv.record_scan import scan_file
    from kwtui.backups.layout.annotations import read_annotation
    from kwtui.backups.layout.draft import read_draft
    from kwtui.backups.layout.proof_log import read_proofs
    from kwtui.backups.layout.unfinished import read_mark
    from kwtui.backups.manifest import decode_manifest, decode_summary
    from kwtui.backups.metasql.meta_file import (
        import_refusals,
        modern_meta,
        parse_meta,
        peek_database,
    )
    from kwtui.backups.repeats import check_schema
    from kwtui.config.policies import parse_policy
    from kwtui.config.profiles import load_profiles
    from kwtui.diagnosis.recognition import recognise
    from kwtui.errors import KwtuiError
    from kwtui.evidence.chain import entries_of, flaws_of, parse_head
    from kwtui.files.json_text import decode
    from kwtui.model.requests import Dialect
    from kwtui.model.schema import DatabaseSchema
    from kwtui.node.logs.crashes import read_crashes
    from kwtui.node.logs.format import LogFamily, line_severity, line_time, parse_entry
    from kwtui.offsite.archive import decode_archive
    from kwtui.runs.journal import decode_event
    from kwtui.runs.lock import LockHolder
    from kwtui.runs.process import Handover
    from kwtui.server.console.verdict import classify, without_secrets
    from kwtui.sql.bound_names import Bounds, OutOfBoundsError
    from kwtui.sql.bounds import _FORMS, check, target_of
    from kwtui.sql.lexer import tokens
    from kwtui.sql.programs import for_clients
    from kwtui.text import clean, without_passwords
    from kwtui.unattended.history import PolicyEvent
    from kwtui.unattended.notices import refusal

FOLDER = Path(mkdtemp(prefix="kwtui-fuzz-"))
BOUNDS = Bounds(frozenset({"shop"}))


def _placed(data: bytes, name: str) -> Path:
    path = FOLDER / name
    path.write_bytes(data)
    return path


def manifest(data: bytes) -> None:
    """With a seal that fits, so that what lies behind it is reached."""
    body = data.removeprefix(b"{\n")
    seal = hashlib.sha256(b"{\n" + body).hexdigest()
    sealed = b'{\n "sha256": "' + seal.encode() + b'",\n' + body
    for whole in (data, sealed):
        for read in (decode_manifest, decode_summary):
            with suppress(KwtuiError):
                read(whole, "manifest.json")


def schema(data: bytes) -> None:
    with suppress(msgspec.DecodeError):
        check_schema(decode(data, DatabaseSchema))


def sidecars(data: bytes) -> None:
    for name, read in (
        ("proofs.jsonl", lambda path: read_proofs(path)),
        ("unfinished.json", lambda path: read_mark(path.parent)),
        (
            ".20261122T080000Z.notes.json",
            lambda path: read_annotation(FOLDER, "20261122T080000Z", None),
        ),
        ("draft.json", lambda path: read_draft(path)),
    ):
        with suppress(KwtuiError):
            read(_placed(data, name))


def journal(data: bytes) -> None:
    with suppress(KwtuiError, msgspec.DecodeError):
        decode_event(data)


def meta(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    peek_database(text)
    with suppress(KwtuiError):
        import_refusals(parse_meta(text, "meta.sql"))
        modern_meta(text, "meta.sql")


def sql(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    found = list(tokens(text))
    if "".join(token.text for token in found) != text:
        raise AssertionError("tokens lose something")
    for token in found:
        _ = (token.value, token.name, token.word)
    target_of(text)
    for_clients(text)
    without_secrets(text)
    with suppress(OutOfBoundsError):
        check(text, frozenset(_FORMS), BOUNDS)
    classify(text, [text])


def words(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    if not clean(text).isprintable():
        raise AssertionError("not printable")
    without_passwords(text)
    recognise(text)


def settings(data: bytes) -> None:
    with suppress(KwtuiError):
        load_profiles(_placed(data, "profiles.toml"))
    with suppress(KwtuiError):
        parse_policy(data.decode("utf-8", "replace"), Path("nightly.toml"))


def books(data: bytes) -> None:
    """What is written down of copies, evidence, proposals and policies."""
    with suppress(KwtuiError):
        decode_archive(data, "archive.json")
    entries_of(data)
    flaws_of(data)
    parse_head(data.decode("utf-8", "surrogateescape"))
    for kind in (Proposal, PolicyEvent, LockHolder, Handover):
        with suppress(msgspec.DecodeError):
            decode(data, kind)
    for template in ("dingtalk", "feishu"):
        refusal(data, template)


def logs(data: bytes) -> None:
    line_severity(data)
    line_time(data)
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    for family in LogFamily:
        parse_entry(lines, family)
    read_crashes(_placed(data, "errlog.log"))


def rows(data: bytes) -> None:
    """Two bytes choose how the file is said to be written."""
    marks = data[:2].ljust(2)
    dialect = Dialect(
        delimiter="|" if marks[0] & 1 else ",",
        header=bool(marks[0] & 2),
        charset="GBK" if marks[0] & 4 else "UTF-8",
    )
    path = _placed(data[2:], "n1.0.csv")
    with suppress(KwtuiError):
        read_page(path, dialect, marks[1] % 8, 20)
    scan_file(path, dialect, fields=2)


DECODERS: dict[str, Callable[[bytes], None]] = {
    each.__name__: each
    for each in (
        *(manifest, schema, sidecars, journal, meta, sql, words, settings, books, logs, rows),
    )
}


if __name__ == "__main__":
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, DECODERS[name])
    atheris.Fuzz()
