"""The form of every file of an export: which of them other programs have changed, and how."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kwtui.backups.csv.alterations import FileForm, Plainer, form_of
from kwtui.backups.csv.charsets import PYTHON_CHARSETS
from kwtui.backups.csv.observation import names_columns
from kwtui.backups.csv.reading import MalformedRecord, NeedMore, RecordParser
from kwtui.backups.csv.samples import TableSample, read_head
from kwtui.errors import KwtuiError
from kwtui.model.requests import Dialect

_HEAD = 1 << 12
_LONGEST_HEAD = 1 << 20


def look_at_forms(
    tables: Sequence[TableSample], dialect: Dialect, *, first_is_row: bool = False
) -> tuple[Dialect, dict[Path, FileForm]]:
    """The dialect of all files, and the form of each that is not as EXPORT writes it.

    The dialect has a header where every file that holds something has one, or where ``dialect``
    says so; else it is the form of those files that have one. ``first_is_row``: a person said that
    none has. Reads the head of every file; one that cannot be read is left for the check to name.
    """
    said = dialect.header
    plain = replace(dialect, header=False)
    forms: dict[Path, FileForm] = {}
    headers = filled = 0
    for table in tables:
        names = [c.name for c in table.columns if not c.hidden]
        for path in table.files:
            try:
                head = _head(path)
            except KwtuiError:
                continue
            form = form_of(head)
            filled += bool(head)
            if not said and not first_is_row and _has_header(head, form, plain, names):
                form = replace(form, header=True)
                headers += 1
            if not form.is_plain:
                forms[path] = form
    if said or (headers and headers == filled):
        forms = {path: replace(form, header=False) for path, form in forms.items()}
        forms = {path: form for path, form in forms.items() if not form.is_plain}
        return replace(dialect, header=True), forms
    return plain, forms


def _head(path: Path) -> bytes:
    """The beginning of a file, its first line at least. Raises KwtuiError as `read_head`."""
    head = read_head(path, _HEAD)
    if len(head) == _HEAD and b"\n" not in head and b"\r" not in head:
        return read_head(path, _LONGEST_HEAD)
    return head


def _has_header(head: bytes, form: FileForm, dialect: Dialect, names: Sequence[str]) -> bool:
    charset = PYTHON_CHARSETS.get(dialect.charset, dialect.charset)
    try:
        data = Plainer(form).feed(head)
        text = codecs.getincrementaldecoder(charset)().decode(data)
        record, _ = RecordParser(dialect).record(text, 0, final=len(head) < _HEAD)
    except (UnicodeDecodeError, MalformedRecord, NeedMore):
        return False
    return bool(names) and names_columns(record, names)
