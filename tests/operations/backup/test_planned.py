"""What was read for a plan is taken over by the run that begins soon, once."""

from __future__ import annotations

from kwtui.operations.backup.planned import Planned
from kwtui.server.catalogue.definitions import Definitions, read_definitions
from kwtui.server.connection.results import Column, ResultSet

ANSWER = ResultSet((Column("name", 25),), (("it's",), (None,)))


def known() -> Definitions:
    return Definitions(((("53", "t"),), ()), {"SHOW CREATE …": ANSWER})


def test_what_was_read_is_the_same_in_another_process() -> None:
    assert read_definitions(known().written()) == known()


def test_what_nothing_vouches_for_or_nobody_understands_is_read_again() -> None:
    assert Definitions(None, {"SHOW CREATE …": ANSWER}).written() == b""
    for data in (b"", b"{", b'{"mark": 5}'):
        assert read_definitions(data) == Definitions()


def test_only_the_newest_plans_are_remembered_and_each_once() -> None:
    planned = Planned()
    for plan in ("a", "b", "c"):
        planned.keep(plan, known())
    assert planned.take("a") == b""
    assert planned.take("c") == known().written()
    assert planned.take("c") == b""
