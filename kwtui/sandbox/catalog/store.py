"""The catalogue as one JSON document, so that it commits together with the rows it describes."""

from __future__ import annotations

import msgspec

from kwtui.sandbox.catalog.objects import Catalog


def to_json(catalog: Catalog) -> str:
    """The document of a catalogue."""
    return msgspec.json.encode(catalog).decode()


def from_json(document: str) -> Catalog:
    """The catalogue in a document. Fields that a newer version added take their defaults."""
    return msgspec.json.decode(document, type=Catalog)
