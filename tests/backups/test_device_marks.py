"""Whether the devices of then have the tags that they had: new ones beside them change nothing."""

from __future__ import annotations

import pytest

from kwtui.backups import device_marks
from kwtui.backups.device_marks import DeviceMarks, marks_of

NAMES = ("id", "site")
NORTH, SOUTH = ("1", "north"), ("2", None)


def test_the_same_devices_hold_in_any_order() -> None:
    then = marks_of(NAMES, [NORTH, SOUTH])
    assert marks_of(NAMES, [SOUTH, NORTH]).holds(then.digest, then.kept)


def test_a_new_device_does_not_touch_those_of_before() -> None:
    then = marks_of(NAMES, [NORTH])
    assert marks_of(NAMES, [NORTH, SOUTH]).holds(then.digest, then.kept)


def test_a_tag_that_changed_a_device_that_is_gone_and_another_tag_are_seen() -> None:
    then = marks_of(NAMES, [NORTH, SOUTH])
    for now in (
        marks_of(NAMES, [NORTH, ("2", "south")]),
        marks_of(NAMES, [NORTH, ("2", "")]),
        marks_of(NAMES, [NORTH]),
        marks_of(("id", "area"), [NORTH, SOUTH]),
        DeviceMarks(),
    ):
        assert not now.holds(then.digest, then.kept)


def test_of_very_many_only_all_together_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_marks, "MOST_KEPT", 1)
    then = marks_of(NAMES, [NORTH, SOUTH])
    assert not then.kept
    assert marks_of(NAMES, [NORTH, SOUTH]).holds(then.digest, then.kept)
    assert not marks_of(NAMES, [NORTH, SOUTH, ("3", "x")]).holds(then.digest, then.kept)


def test_a_manifest_that_was_spoilt_proves_nothing() -> None:
    then, now = marks_of(NAMES, [NORTH]), marks_of(NAMES, [NORTH, SOUTH])
    for kept in ("", "?", then.kept[:4]):
        assert not now.holds(then.digest, kept)
    assert not now.holds("", then.kept)
