"""One log that is open on the log screen: what is shown of it, found in it and marked."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise

from kwtui.keys.spelling import spelled
from kwtui.node.logs.filter import LogFilter
from kwtui.node.logs.folded import FoldedLines
from kwtui.node.logs.log_set import Hits
from kwtui.node.logs.source import LineSource
from kwtui.node.logs.stream import LogStream, Progress
from kwtui.text import cut, human_bytes
from kwtui.widgets.density_line import DensityLine
from kwtui.widgets.log_view import LogView

_ENTRY_LINES = 2_000
_SHOWN_TEXT = 20
"""Cells of what is searched for."""


class ViewedLog:
    """Holds stream and view together. The screen asks it and says what it answers."""

    def __init__(self, stream: LogStream, view: LogView, density: DensityLine, name: str) -> None:
        self.stream = stream
        self.name = name
        self.paused = False
        self.text = ""
        """What is searched for."""
        self.highlights: list[re.Pattern[str]] = []
        self._view = view
        self._density = density
        self._folding = True
        self._folded = FoldedLines(stream.lines)
        self._searched: re.Pattern[str] | None = None
        self._jump_from: int | None = None
        self._holding = False
        self._wrapped = ""
        view.marks = set()
        view.patterns = ()

    @property
    def source(self) -> LineSource:
        return self._folded if self._folding else self.stream.lines

    def show(self, place: int | None = None) -> None:
        """Show what the filter leaves: from its end, or around a line."""
        self._folded = FoldedLines(self.stream.lines)
        self._view.begin = self.stream.set.first_place() or 0
        self._view.show(self.source, place=place)

    def paint(self) -> None:
        """Bring the picture up to date after changes of the stream."""
        stream, view = self.stream, self._view
        if stream.replaced:
            stream.replaced = False
            self.show()
        elif view.following and not self.paused:
            view.begin = stream.set.first_place() or 0
            view.reload()
        elif stream.filtering.running and not view.lines:
            self.show()
        here = None if view.following else view.time_in_sight
        self._density.say(stream.density, here)

    def moved(self) -> None:
        """The cursor moved, or following began or ended."""
        if self._view.following and not self.paused:
            self.stream.release()
            self._holding = False
        elif not self._holding:
            self.stream.hold()
            self._holding = True
        chosen = self._view.selection
        if chosen is not None:
            self._view.tell_order(self.stream.set.comes_before(*chosen))

    # -- words -----------------------------------------------------------------------------------

    def words(self) -> str:
        """Which log, where in it, what is new, what is filtered and searched."""
        stream, view = self.stream, self._view
        words = [self.name]
        if self.paused:
            words.append("PAUSED")
        if view.following and not self.paused:
            words += [human_bytes(stream.size), "following"]
        else:
            share = stream.share(view.place) if view.place is not None else 1.0
            words += [f"{share:.0%}", stream.new_words() or "nothing new"]
        if self.text:
            words.append(f"/{cut(self.text, _SHOWN_TEXT)}/: {self._hit_words()}")
        if view.selection is not None:
            words.append(spelled("selecting: {logs.copy} copies, {logs.save} saves"))
        if not stream.wanted.empty:
            words.append(f"only {stream.wanted.words()}{_still(stream.filtering, 'reading')}")
        words += [each for each in (stream.problem, stream.note) if each]
        words += stream.notes
        return " · ".join(words)

    def _hit_words(self) -> str:
        hits, searching = self.stream.hits, self.stream.searching
        still = _still(searching, "searching")
        if hits is None or not len(hits):
            return still.removeprefix(", ") or "no hit"
        place = self._view.place
        number = hits.number_of(place) if place is not None and not self._view.following else None
        more = "+" if searching.limited else ""
        which = f"hit {number:,} of " if number is not None else ""
        return f"{which}{len(hits):,}{more} hits{still}{self._wrapped}"

    # -- search ----------------------------------------------------------------------------------

    async def find(
        self, text: str, pattern: re.Pattern[str], *, jump: bool = True, first: bool = False
    ) -> None:
        """Search everything that is shown, and go to the first hit from here or of all."""
        self.text, self._searched = text, pattern
        self._redraw()
        view = self._view
        start = view.lines[0].offset if view.following and view.lines else view.place
        start = self.stream.set.first_place() if first else start
        self._jump_from = start if jump else None
        await self.stream.search(pattern, start)
        self.take_hits()

    async def stop_finding(self) -> None:
        self.text, self._searched, self._jump_from, self._wrapped = "", None, None, ""
        self._redraw()
        await self.stream.stop_searching()

    def take_hits(self) -> None:
        """Go to the first hit from where the search began, as soon as there is one."""
        hits, start = self.stream.hits, self._jump_from
        if hits is None or start is None or not len(hits):
            return
        hit = start if hits.number_of(start) is not None else hits.after(start)
        if hit is None and not self.stream.searching.running:
            hit, self._wrapped = hits.first, ", from the start again"
        if hit is not None:
            self._jump_from = None
            self.go_to(hit)

    def next_hit(self, *, forward: bool) -> bool:
        """Go on to the next hit; past the last one to the first. False without any."""
        hits, place = self.stream.hits, self._view.place
        if hits is None or place is None or not len(hits):
            return False
        self._jump_from, self._wrapped = None, ""
        hit = hits.after(place) if forward else hits.before(place)
        if hit is None:
            hit = hits.first if forward else hits.last
            self._wrapped = ", from the start again" if forward else ", from the end again"
        if hit is not None:
            self.go_to(hit)
        return True

    def go_to(self, place: int) -> None:
        """Show the line, also where it is folded away."""
        self._folded.reveal(place)
        self._view.go_to(place)

    # -- filter and time -------------------------------------------------------------------------

    async def filter(self, wanted: LogFilter) -> None:
        """Show only what the filter leaves; stay near the time that one reads."""
        view = self._view
        when = None if view.following else view.time_in_sight
        searched, text = self._searched, self.text
        filtering = self.stream.show(wanted)
        # The source changes before the first batch comes, so that nothing old stays in sight.
        view.call_later(self.show)
        await filtering
        self.show(self.stream.set.at_time(when) if when is not None else None)
        if searched is not None:
            await self.find(text, searched, jump=False)

    def go_to_time(self, when: datetime) -> bool:
        """Show the first entry at or after ``when``; False where all are before."""
        place = self.stream.set.at_time(when)
        if place is None:
            self._view.follow()
            return False
        self._view.go_to(place)
        return True

    # -- folding, highlights and marks -----------------------------------------------------------

    def toggle_fold(self) -> bool:
        """Unfold the entry that one is at, or fold it again; False where there is nothing to."""
        place = self._view.place
        if place is None or not self._folding:
            return False
        start = self._folded.toggle(place)
        if start is None:
            return False
        self._view.hold()
        self._view.refill(start)
        return True

    def toggle_folding(self) -> bool:
        """Fold all entries or none; whether they are folded now."""
        self._folding = not self._folding
        view = self._view
        self.show(None if view.following else view.place)
        return self._folding

    def highlight(self, pattern: re.Pattern[str] | None) -> None:
        """Let one more pattern stand out; None ends all."""
        self.highlights = [*self.highlights, pattern] if pattern is not None else []
        self._redraw()

    def _redraw(self) -> None:
        searched = [self._searched] if self._searched is not None else []
        self._view.patterns = (*searched, *self.highlights)
        self._view.redraw()

    def toggle_mark(self) -> None:
        self._view.hold()
        if self._view.place is not None:
            self._view.marks ^= {self._view.place}
            self._view.refresh()

    def next_mark(self, *, forward: bool) -> bool:
        """Go to the nearest mark after or before the cursor, in turn; False without any."""
        place, marks = self._view.place, self._view.marks
        if not marks or place is None:
            return False
        ordered = Hits(self.stream.set)
        for mark in marks:
            number, inner = self.stream.set.inner(mark)
            ordered.places[number].add([inner])
        if forward:
            found = ordered.after(place)
            found = ordered.first if found is None else found
        else:
            found = ordered.before(place)
            found = ordered.last if found is None else found
        if found is not None:
            self.go_to(found)
        return True

    # -- taking along ----------------------------------------------------------------------------

    def chosen(self) -> tuple[int, int] | None:
        """First and last line of the selection, or of the entry that one is at."""
        selection, place = self._view.selection, self._view.place
        if place is None:
            return None
        first, last = selection or (place, place)
        if self.stream.set.comes_before(last, first):
            first, last = last, first
        start = self.stream.lines.entry_start(first)
        if selection is None and start is not None:
            first = last = start
        return first, self._last_line(last) if self._folding or selection is None else last

    def _last_line(self, place: int) -> int:
        """The last line of the entry that the line belongs to."""
        lines = self.stream.lines.after(place, _ENTRY_LINES)
        last = place
        for before, line in pairwise(lines):
            if line.severity is not None or line.offset != before.offset + before.bytes:
                break
            last = line.offset
        return last


def _still(progress: Progress, doing: str) -> str:
    """How far it is, or was when it was stopped; empty once all was read."""
    if progress.running:
        return f", {doing} {progress.share:.0%}"
    return "" if progress.ended or not progress.total else f", stopped at {progress.share:.0%}"
