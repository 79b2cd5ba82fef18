"""Who is called when a database is lost: ``contacts.toml`` beside the profiles.

    format = 1
    [[contact]]
    name = "Anna Meyer"
    role = "DBA on call"
    phone = "+49 30 123456"
    mail = "anna@example.com"
    decides = true

``decides``: may decide that what was written after the last backup is given up.
"""

from __future__ import annotations

from pathlib import Path

from kwtui.config.directories import config_dir
from kwtui.files.toml import check_format, read_toml, refuse_unknown, typed_values, unusable
from kwtui.model.contact import Contact


def contacts_path() -> Path:
    return config_dir() / "contacts.toml"


def load_contacts(path: Path | None = None) -> tuple[Contact, ...]:
    """In the order of the file; none if there is no file.

    Raises KwtuiError (USAGE) for a file that cannot be understood, naming the place.
    """
    path = path or contacts_path()
    document = read_toml(path)
    refuse_unknown(document, {"format", "contact"}, path, "at the top")
    check_format(document, path)
    tables = document.get("contact", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise unusable(path, "each contact must be a table [[contact]]")
    found = []
    for number, table in enumerate(tables, 1):
        where = f"in contact {number}"
        contact = Contact(**typed_values(Contact, table, path, where))
        if not contact.name:
            raise unusable(path, f"{where} there is no name")
        found.append(contact)
    return tuple(found)
