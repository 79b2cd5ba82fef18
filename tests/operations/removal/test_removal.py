"""Plans that remove, and running them: preview is action, and what changed meanwhile stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kwtui.backups.layout.annotations import annotate
from kwtui.backups.layout.location import SetLocation
from kwtui.backups.layout.proof_log import append_proof, read_proofs
from kwtui.backups.layout.trash import trash_path
from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.backups.retention import Rule
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Severity
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicies, RetentionPolicy
from kwtui.operations.context import RunContext, RunResult, hold_nothing
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.removal.plan import PrunePreview
from kwtui.operations.removal.planning import make_delete_plan, make_prune_preview
from kwtui.operations.removal.run import run_removal
from kwtui.operations.runner import Halt, StepOutcome
from kwtui.operations.shared.command_line import command_for
from kwtui.operations.shared.known_runs import KnownRun
from kwtui.server.connection.server import Server
from tests.backups.builder import STARTED, make_set
from tests.backups.test_manifest import proof

NOW = STARTED + timedelta(days=30)
NONE = RetentionPolicies()
KEEP_ONE = RetentionPolicies(RetentionPolicy(keep_last=1))


class Silent:
    """A reporter that remembers what was said."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def step_started(self, step: Step, sql: tuple[str, ...]) -> None: ...

    def progress(self, step: Step, **_: Any) -> None: ...

    def notice(self, step: Step, severity: str, message: str) -> None:
        self.notices.append(message)

    def step_finished(self, step: Step, outcome: StepOutcome, seconds: float) -> None: ...

    def step_failed(self, step: Step, error: KwtuiError, sqlstate: str = "") -> None: ...


class Place:
    """An extern with its state directory, and what one does there."""

    def __init__(self, root: Path) -> None:
        self.extern, self.state = root / "extern", root / "state"
        self.extern.mkdir()
        self.said = Silent()

    def make(self, days: float = 0, **more: Any) -> SetLocation:
        return make_set(self.extern, self.state, started=STARTED + timedelta(days=days), **more)

    def sets(self) -> list[str]:
        entries = scan(self.extern, self.state).entries
        return sorted(e.path for e in entries if e.kind is EntryKind.SET)

    def plan_delete(
        self, path: str, confirmed: str | None = None, runs: tuple[KnownRun, ...] = ()
    ) -> Plan:
        return make_delete_plan(self.extern, self.state, path, confirmed, runs, NONE, NOW, "p1")

    def preview(
        self,
        policies: RetentionPolicies = KEEP_ONE,
        database: str | None = None,
        runs: tuple[KnownRun, ...] = (),
    ) -> PrunePreview:
        return make_prune_preview(self.extern, self.state, policies, database, runs, NOW, "p1")

    async def run(self, plan: Plan, hold: Any = hold_nothing) -> RunResult:
        async def connect() -> Server:
            raise AssertionError("no server is needed")

        return await run_removal(
            RunContext(
                plan=plan,
                run_id="r",
                connect=connect,
                extern=self.extern,
                state=self.state,
                reporter=self.said,
                halt=Halt(),
                hold=hold,
                options=("--extern", "/a b"),
            )
        )

    async def refused(self, plan: Plan, hold: Any = hold_nothing) -> KwtuiError:
        with pytest.raises(KwtuiError) as caught:
            await self.run(plan, hold)
        return caught.value


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def codes(plan: Plan) -> dict[str, Severity]:
    return {f.code: f.severity for f in plan.findings}


# -- one set ----------------------------------------------------------------------------------


async def test_a_set_that_is_not_the_last_goes_after_showing_what_goes(place: Place) -> None:
    old, new = place.make(), place.make(1)

    plan = place.plan_delete(old.path)
    result = await place.run(plan)

    check, step = plan.steps
    assert (check.kind, check.subject) == (StepKind.CHECK_FILES, new.path)
    assert (plan.kind, plan.findings) == (PlanKind.DELETE, ())
    assert step.params["files"] == result.result["files"]
    assert step.params["bytes"] == result.result["bytes"] == plan.estimated_bytes
    assert "proven to P2" in step.explanation
    assert place.sets() == [new.path]
    assert not old.root.exists()


async def test_the_last_proven_one_goes_only_when_its_name_is_typed(place: Place) -> None:
    only = place.make()

    plan = place.plan_delete(only.path)
    assert codes(plan) == {"last_proven": Severity.REFUSAL}
    assert "--yes-delete" in plan.findings[0].remedy
    assert (await place.refused(plan)).exit_code is ExitCode.REFUSED_BY_PLAN
    assert codes(place.plan_delete(only.path, "shop")) == {"last_proven": Severity.REFUSAL}

    typed = place.plan_delete(only.path, only.root.name)
    assert codes(typed) == {"last_proven": Severity.WARNING}
    await place.run(typed)
    assert place.sets() == []


async def test_another_name_than_its_own_deletes_nothing(place: Place) -> None:
    old = place.make()
    new = place.make(1)

    plan = place.plan_delete(old.path, new.root.name)

    assert codes(plan) == {"another_name": Severity.REFUSAL}
    assert (await place.refused(plan)).exit_code is ExitCode.REFUSED_BY_PLAN
    assert place.plan_delete(old.path, old.root.name).findings == ()


async def test_a_pinned_one_does_not_go_even_when_its_name_is_typed(place: Place) -> None:
    location = place.make()
    place.make(1)
    annotate(place.extern, location.path, place.state, now=NOW, pinned=True)

    plan = place.plan_delete(location.path, location.path)

    assert codes(plan) == {"pinned": Severity.REFUSAL}
    assert (await place.refused(plan)).exit_code is ExitCode.REFUSED_BY_PLAN


async def test_one_that_a_run_works_on_does_not_go(place: Place) -> None:
    location = place.make()
    place.make(1)
    run = KnownRun("20261122T080000Z-ab", PlanKind.RESTORE, location.path, "copy", "c", alive=True)

    plan = place.plan_delete(location.path, runs=(run,))

    assert codes(plan) == {"in_use": Severity.REFUSAL}
    assert (await place.refused(plan)).exit_code is ExitCode.RUN_IN_PROGRESS


async def test_what_is_no_set_of_kwtui_is_not_deleted(place: Place) -> None:
    location = place.make()
    location.manifest.unlink()
    tree = place.extern / "old/public/t"
    tree.mkdir(parents=True)
    (tree / "n1.0.csv").write_text("1\n")

    assert codes(place.plan_delete(location.path)) == {"leftover": Severity.REFUSAL}
    assert codes(place.plan_delete("old")) == {"not_ours": Severity.REFUSAL}


async def test_files_of_others_in_it_are_named_before(place: Place) -> None:
    location = place.make()
    place.make(1)
    (location.root / "thesis.txt").write_text("mine")

    plan = place.plan_delete(location.path)

    assert codes(plan) == {"strays": Severity.WARNING}
    assert "thesis.txt" in plan.findings[0].message


@pytest.mark.parametrize("change", ["pinned", "replaced", "last", "gone"])
async def test_what_changed_after_the_plan_was_made_is_not_deleted(
    place: Place, change: str
) -> None:
    location, other = place.make(), place.make(1)
    plan = place.plan_delete(location.path)
    if change == "pinned":
        annotate(place.extern, location.path, place.state, now=NOW, pinned=True)
    elif change == "replaced":
        location.manifest.write_bytes(location.manifest.read_bytes() + b" ")
    elif change == "last":
        append_proof(other.proofs, proof(ProofLevel.P1, 2, ok=False))
    else:
        location.root.rename(place.extern.parent / "away")

    error = await place.refused(plan)

    assert error.exit_code in (ExitCode.REFUSED_BY_PLAN, ExitCode.NOT_FOUND)
    assert location.root.exists() or change == "gone"


async def test_a_run_that_took_the_set_meanwhile_stops_the_deletion(place: Place) -> None:
    location = place.make()
    place.make(1)

    @contextmanager
    def taken(path: str) -> Iterator[None]:
        raise KwtuiError(f"Another run holds {path}.", exit_code=ExitCode.RUN_IN_PROGRESS)
        yield

    error = await place.refused(place.plan_delete(location.path), taken)

    assert error.exit_code is ExitCode.RUN_IN_PROGRESS
    assert location.root.exists()


async def test_a_removal_that_breaks_off_says_what_is_left(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = place.make()
    place.make(1)
    plan = place.plan_delete(location.path)

    def denied(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("kwtui.backups.removing.os.unlink", denied)
    error = await place.refused(plan)

    assert error.exit_code is ExitCode.EXTERN_NOT_READABLE
    assert "kwtui cleanup" in error.hint
    assert (place.extern / trash_path(location.path)).is_dir()


# -- retention --------------------------------------------------------------------------------


async def test_the_preview_is_what_happens(place: Place) -> None:
    made = [place.make(day) for day in range(6)]
    made += [place.make(day, database="plant") for day in range(3)]
    annotate(place.extern, made[0].path, place.state, now=NOW, pinned=True)

    preview = place.preview(RetentionPolicies(RetentionPolicy(keep_last=2)))
    result = await place.run(preview.plan)

    goes = {d.entry.path for d in preview.goes}
    removing = [s for s in preview.plan.steps if s.kind is StepKind.REMOVE]
    assert goes == {s.params["path"] for s in removing} == set(result.result["removed"])
    assert f"Removed {len(removing)} of {len(removing)}" in result.summary
    assert set(place.sets()) == {d.entry.path for d in preview.stays}
    assert set(place.sets()) == {made[i].path for i in (0, 4, 5, 7, 8)}
    assert sum(len(day.stays) + len(day.goes) for day in preview.days) == 9


async def test_one_database_alone(place: Place) -> None:
    shop = [place.make(day) for day in range(2)]
    plant = [place.make(day, database="plant") for day in range(2)]

    await place.run(place.preview(database="shop").plan)

    assert place.sets() == sorted([shop[1].path, *(p.path for p in plant)])


async def test_leftovers_exports_and_foreign_files_are_not_its_business(place: Place) -> None:
    unfinished, old, new = place.make(), place.make(1), place.make(2)
    unfinished.manifest.unlink()
    (place.extern / "notes.txt").write_text("hello")

    preview = place.preview()
    await place.run(preview.plan)

    assert [d.entry.path for d in preview.decisions] == [new.path, old.path]
    assert unfinished.root.exists()
    assert (place.extern / "notes.txt").exists()


async def test_sets_in_use_or_with_files_of_others_stay_and_say_why(place: Place) -> None:
    used, strayed, gone, new = (place.make(day) for day in range(4))
    (strayed.data / "reject.txt").write_text("of somebody else")
    run = KnownRun("r1", PlanKind.VERIFY, used.path, "shop", "", alive=True)

    preview = place.preview(runs=(run,))
    await place.run(preview.plan)

    reasons = {d.entry.path: {r.rule for r in d.reasons} for d in preview.stays}
    assert reasons[used.path] == {Rule.IN_USE}
    assert reasons[strayed.path] == {Rule.STRAYS}
    assert [d.entry.path for d in preview.goes] == [gone.path]
    assert place.sets() == sorted(x.path for x in (used, strayed, new))


async def test_what_is_needed_by_the_time_it_runs_stays(place: Place) -> None:
    """The newest one fails a check between preview and run: the one before it must stay now."""
    older, old, new = (place.make(day) for day in range(3))
    preview = place.preview()
    assert len(preview.goes) == 2
    append_proof(new.proofs, proof(ProofLevel.P1, 3, ok=False))

    result = await place.run(preview.plan)

    assert result.result["removed"] == [older.path]
    assert any(old.path in words for words in result.result["left"])
    assert any("needed" in words for words in place.said.notices)
    assert place.sets() == sorted([old.path, new.path])


# -- the backup that stays --------------------------------------------------------------------


def gut(location: SetLocation) -> None:
    """Somebody takes a data file away."""
    next(location.data.rglob("*.csv")).unlink()


def flip_a_byte(location: SetLocation) -> None:
    """A disk changes one byte; number and size of the files stay as they were."""
    file = next(location.data.rglob("*.csv"))
    content = bytearray(file.read_bytes())
    content[0] ^= 1
    file.write_bytes(content)


async def test_what_stays_is_read_before_anything_goes(place: Place) -> None:
    shop = [place.make(day) for day in range(2)]
    plant = [place.make(day, database="plant") for day in range(2)]

    plan = place.preview().plan
    await place.run(plan)

    kinds = [(s.kind, s.subject) for s in plan.steps]
    assert {s for k, s in kinds[:2] if k is StepKind.CHECK_FILES} == {shop[1].path, plant[1].path}
    assert [k for k, _ in kinds[2:]] == [StepKind.REMOVE] * 2
    assert plan.steps[0].title.startswith("Check the backup that is kept: kwtui/")
    assert place.sets() == sorted([shop[1].path, plant[1].path])
    (proven,) = read_proofs(shop[1].proofs)
    assert (proven.level, proven.ok) == (ProofLevel.P1, True)


@pytest.mark.parametrize("fault", [gut, flip_a_byte])
async def test_nothing_goes_when_the_newest_one_is_damaged_after_the_preview(
    place: Place, fault: Callable[[SetLocation], None]
) -> None:
    made = [place.make(day) for day in range(3)]
    preview = place.preview()
    assert len(preview.goes) == 2
    fault(made[2])

    error = await place.refused(preview.plan)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    assert error.title.startswith("Nothing was removed")
    assert made[2].path in error.title
    assert f"kwtui verify {made[2].path} --extern '/a b'" in error.hint
    assert place.sets() == sorted(x.path for x in made)


async def test_a_flipped_byte_stops_retention_once_and_then_counts_as_damage(place: Place) -> None:
    """No listing sees it. The check does, and from then on the set before it has its place."""
    made = [place.make(day) for day in range(3)]
    flip_a_byte(made[2])

    error = await place.refused(place.preview().plan)
    again = place.preview()
    await place.run(again.plan)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    assert [d.entry.path for d in again.goes] == [made[0].path]
    assert again.plan.steps[0].subject == made[1].path
    assert place.sets() == [made[1].path, made[2].path]


async def test_a_gutted_newest_one_keeps_nothing_else_from_staying(place: Place) -> None:
    made = [place.make(day) for day in range(3)]
    gut(made[2])

    preview = place.preview()
    await place.run(preview.plan)

    assert preview.plan.steps[0].subject == made[1].path
    assert [d.entry.path for d in preview.goes] == [made[0].path]
    assert place.sets() == [made[1].path, made[2].path]


async def test_one_set_is_not_deleted_on_the_word_of_a_damaged_one(place: Place) -> None:
    old, new = place.make(), place.make(1)
    flip_a_byte(new)

    error = await place.refused(place.plan_delete(old.path))
    now = place.plan_delete(old.path)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    assert codes(now) == {"last_proven": Severity.REFUSAL}
    assert place.sets() == [old.path, new.path]


async def test_a_set_of_which_nothing_is_proven_goes_without_reading_another(place: Place) -> None:
    damaged, new = place.make(), place.make(1)
    gut(damaged)

    plan = place.plan_delete(damaged.path)
    await place.run(plan)

    assert [s.kind for s in plan.steps] == [StepKind.REMOVE]
    assert place.sets() == [new.path]


async def test_another_set_in_the_place_of_the_one_that_stays_stops_it(place: Place) -> None:
    old, new = place.make(), place.make(1)
    plan = place.preview().plan
    new.manifest.write_bytes(new.manifest.read_bytes() + b" ")

    error = await place.refused(plan)

    assert error.exit_code is ExitCode.REFUSED_BY_PLAN
    assert old.root.exists()


async def test_a_copy_under_another_name_stays_and_stands_for_nothing(place: Place) -> None:
    old, new = place.make(), place.make(1)
    copy = new.root.with_name('it\'s "x"')
    shutil.copytree(new.root, copy)

    preview = place.preview()
    await place.run(preview.plan)

    (words,) = [d.reasons for d in preview.stays if d.entry.path.endswith(copy.name)]
    assert [(r.rule, r.text) for r in words] == [
        (Rule.NOT_NAMED, f"a copy of {new.path}: never removed by a rule")
    ]
    assert [d.entry.path for d in preview.goes] == [old.path]
    assert codes(place.plan_delete(new.path)) == {"last_proven": Severity.REFUSAL}
    refused = place.plan_delete(f"kwtui/shop/{copy.name}")
    assert 'kwtui/shop/it\'s "x" does not have the name of' in refused.findings[0].message
    assert copy.is_dir()


async def test_a_listing_with_holes_removes_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.make()
    place.make(1)
    listing = scan(place.extern, place.state)
    monkeypatch.setattr(
        "kwtui.operations.removal.planning.scan",
        lambda *_: replace(listing, problem="extern cannot be read."),
    )

    with pytest.raises(KwtuiError) as caught:
        place.preview()

    assert caught.value.exit_code is ExitCode.EXTERN_NOT_READABLE


def test_every_plan_names_the_command_that_does_the_same(place: Place) -> None:
    location = place.make()
    place.make(1)
    policy = RetentionPolicy(keep_daily=7, keep_monthly=12, min_proof=ProofLevel.P4)

    assert (
        command_for(place.plan_delete(location.path), []) == f"kwtui delete {location.path} --yes"
    )
    typed = command_for(place.plan_delete(location.path, location.root.name), [])
    assert typed.endswith(f"--yes-delete {location.root.name}")
    assert command_for(place.preview(RetentionPolicies(policy), "shop").plan, []) == (
        "kwtui prune shop --keep-daily 7 --keep-monthly 12 --min-proof P4 --yes"
    )
    saved = RetentionPolicies(None, {"shop": policy})
    assert command_for(place.preview(saved).plan, []) == "kwtui prune --yes"
