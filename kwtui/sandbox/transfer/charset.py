"""The charsets that EXPORT writes and IMPORT reads. Only data files are transcoded, meta.sql never.

Source: facts.md, sections 1.3, 1.12 and 2.2; recording 03, ``db_gbk``.
"""

from __future__ import annotations

from kwtui.sandbox.answers.answer import SqlError

UTF8 = "UTF-8"
_CODECS = {UTF8: "utf-8", "GBK": "gbk", "GB18030": "gb18030", "BIG5": "big5"}


def check_export_charset(name: str) -> str:
    """Return ``name`` if EXPORT takes it (names are case-sensitive); raise 22023 otherwise."""
    if name not in _CODECS:
        raise SqlError("invalid charset value, value must be 'GBK''GB18030''BIG5''UTF-8'", "22023")
    return name


def check_import_charset(name: str) -> str:
    """Return ``name`` if IMPORT takes it; raise 22023 otherwise."""
    if name not in _CODECS:
        message = "invalid charset value: charset value must be 'UTF-8''GBK''GB18030''BIG5'"
        raise SqlError(message, "22023")
    return name


def codec(charset: str) -> str:
    """The Python codec of a charset that one of the checks above let pass."""
    return _CODECS[charset]


def encode(text: str, charset: str) -> bytes:
    """Encode text for a data file.

    Raises the node's error when a character is missing from the charset (facts.md, 1.12).
    """
    try:
        return text.encode(_CODECS[charset])
    except UnicodeEncodeError as err:
        raise SqlError(
            f"transfer charset of data from UTF8 to {charset} failed, "
            "err is encoding: rune not supported by encoding."
        ) from err
