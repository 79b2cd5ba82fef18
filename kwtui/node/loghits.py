"""Places in the order of a log, however they come in: eight bytes each."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence


class Places:
    """A sorted set of places in one family."""

    def __init__(self) -> None:
        self._places = array("Q")

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> int:
        return self._places[index]

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def add(self, batch: Sequence[int]) -> None:
        """More places in ascending order, all before, after or between those that are there."""
        if not batch:
            return
        first = bisect_left(self._places, batch[0])
        last = bisect_right(self._places, batch[-1])
        if first == last:
            self._places[first:first] = array("Q", batch)
        else:
            merged = sorted({*self._places[first:last], *batch})
            self._places[first:last] = array("Q", merged)

    def drop_between(self, low: int, high: int) -> None:
        """Forget the places from ``low`` on and before ``high``."""
        del self._places[bisect_left(self._places, low) : bisect_left(self._places, high)]

    def count_before(self, place: int) -> int:
        return bisect_left(self._places, place)

    def first_from(self, place: int) -> int | None:
        """The first place that is not before ``place``."""
        index = bisect_left(self._places, place)
        return self._places[index] if index < len(self._places) else None

    def last_before(self, place: int) -> int | None:
        index = bisect_left(self._places, place) - 1
        return self._places[index] if index >= 0 else None
