"""Who is called: read strictly, so that a slip of the pen is found before the day it matters."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.config.contacts import load_contacts
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.contact import Contact


def test_people_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "contacts.toml"
    assert load_contacts(path) == ()
    path.write_text(
        'format = 1\n[[contact]]\nname = "Anna"\nphone = "1"\ndecides = true\n'
        '[[contact]]\nname = "Bo"\n'
    )
    assert load_contacts(path) == (Contact("Anna", phone="1", decides=True), Contact("Bo"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[contact]]\nphone = "1"\n', "In contact 1 there is no name."),
        (
            '[[contact]]\nname = "A"\ntelephone = "1"\n',
            "The key 'telephone' in contact 1 is not known.",
        ),
        (
            '[[contact]]\nname = "A"\ndecides = "yes"\n',
            "In contact 1: decides must be true or false, not 'yes'.",
        ),
        ('contact = "A"\n', "[[contact]]"),
        ("[contact]\n", "[[contact]]"),
        ('[[contacts]]\nname = "A"\n', "'contacts' at the top"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "contacts.toml"
    path.write_text(text)
    with pytest.raises(KwtuiError) as raised:
        load_contacts(path)
    assert raised.value.exit_code is ExitCode.USAGE
    assert says in "\n".join(raised.value.lines())
