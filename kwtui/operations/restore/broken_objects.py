"""Which tables, views and sequences of a source nothing can be made of, so that the others go on.

A set may hold anything in place of a definition. When a plan of it cannot be made, or would send
something else than it says, each object is tried alone; what fails is refused by its name, and a
person may do without it. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Finding, Severity
from kwtui.model.schema import DatabaseSchema, TableName, TableSpec
from kwtui.operations.plan import Plan
from kwtui.operations.restore import definitions
from kwtui.operations.restore.leaving_out import gone_with, owner_of, spelling, without
from kwtui.operations.restore.source import RestoreSource
from kwtui.operations.shared.command_line import shell_line
from kwtui.operations.shared.selection import Chosen
from kwtui.operations.shared.sent_statements import BREAKS_OUT, DEFINITIONS, why_not
from kwtui.server.catalogue.refused_imports import interleave_parents
from kwtui.sql import statements
from kwtui.sql.bound_names import Bounds
from kwtui.text import shell_quoted

_MOST_NAMED = 20
"""So many are named in the command that does without them."""

Statements = Callable[[], Iterable[str]]
Make = Callable[[RestoreSource, tuple[TableName, ...]], Plan]
"""Of a source and the tables that are wanted of it; none means all."""


@dataclass(frozen=True)
class BrokenObject:
    name: TableName
    reason: str
    code: str = BREAKS_OUT

    @property
    def words(self) -> str:
        begin = f"{self.name}: "
        return begin + self.reason.removeprefix(begin)


def isolated(make: Make, source: RestoreSource, tables: tuple[TableName, ...] = ()) -> Plan:
    """The plan of these tables of a source (of all where none is named); where something in it is
    broken, the plan of everything else with a refusal for each thing that is.

    Raises KwtuiError as ``make``, but REFUSED_BY_PLAN for text that cannot be sent.
    """
    made = _tried(make, source, tables)
    specs = tuple(t for t in source.schema.tables if not tables or t.name in tables)
    chosen = Chosen(source.schema, specs, whole=not tables)
    strange = tuple(_strangers(chosen)) if _may_define(made) else ()
    if isinstance(made, Plan) and not strange and not _breaks_out(made):
        return made
    broken = {found.name: found for found in (*broken_objects(chosen), *strange)}
    rest = tuple(name for name in tables if name not in gone_with(source.schema, broken))
    if not broken or (tables and not rest):
        return _as_it_is(made)
    plan = _as_it_is(_tried(make, without(source, broken), rest))
    remedy = _remedy(source, broken)
    refused = tuple(
        Finding(Severity.REFUSAL, found.code, str(found.name), found.words, remedy)
        for found in broken.values()
    )
    return replace(plan, findings=(*refused, *plan.findings))


def broken_objects(chosen: Chosen) -> Iterator[BrokenObject]:
    """Every table, view and sequence whose own statements cannot be made or may not be sent."""
    schema = chosen.schema
    schemas = {"public", *schema.schemas, *(t.name.schema for t in schema.tables)}
    bounds = Bounds(frozenset({schema.database}), frozenset(schemas))
    alone = [(t.name, _of_table(schema, t)) for t in chosen.tables]
    for view in chosen.views:
        one = Chosen(replace(schema, views=(view,)), (), whole=True)
        alone.append((view.name, _of_view(one)))
    for sequence in chosen.sequences:
        one = Chosen(replace(schema, sequences=(sequence,)), (), whole=True)
        alone.append((sequence.name, _of_sequence(one)))
    for name, made in alone:
        found = _first_problem(name, (*made, _about(schema, name)), bounds)
        if found is not None:
            yield found


def _strangers(chosen: Chosen) -> Iterator[BrokenObject]:
    """Views that name what the backup does not hold, comments and grants on such things."""
    schema = chosen.schema
    objects = [t.name for t in schema.tables] + [v.name for v in schema.views]
    objects += [s.name for s in schema.sequences]
    held = frozenset((name.schema, name.name) for name in objects)
    bounds = Bounds(
        frozenset({schema.database}), frozenset({"public", *schema.schemas}), relations=held
    )
    for view in chosen.views:
        reason = why_not(view.create_statement, frozenset({"CREATE VIEW"}), bounds)
        if reason:
            yield BrokenObject(view.name, f"it is not sent, because {reason}")
    about = [(c.target, "comment") for c in schema.comments]
    about += [(g.target, "grant") for g in schema.grants]
    for target, what in about if chosen.whole else ():
        owner = owner_of(target)
        if owner is not None and (owner.schema, owner.name) not in held:
            yield BrokenObject(owner, f"a {what} refers to it, but the backup does not hold it")


# -- inside -----------------------------------------------------------------------------------


def _tried(make: Make, source: RestoreSource, tables: tuple[TableName, ...]) -> Plan | KwtuiError:
    try:
        return make(source, tables)
    except KwtuiError as error:
        return error


def _may_define(made: Plan | KwtuiError) -> bool:
    return isinstance(made, KwtuiError) or any(step.id == "create-tables" for step in made.steps)


def _breaks_out(plan: Plan) -> bool:
    return any(finding.code == BREAKS_OUT for finding in plan.findings)


def _as_it_is(made: Plan | KwtuiError) -> Plan:
    """The plan, or why there is none: what a backup holds is nobody's wrong usage."""
    if isinstance(made, Plan):
        return made
    if made.exit_code is not ExitCode.USAGE:
        raise made
    raise KwtuiError(
        made.title,
        cause=made.cause,
        hint="The backup holds it: somebody changed it. Restore another one.",
        exit_code=ExitCode.REFUSED_BY_PLAN,
    ) from made


def _of_table(schema: DatabaseSchema, table: TableSpec) -> tuple[Statements, ...]:
    one, database = Chosen(schema, (table,), whole=False), schema.database
    return (
        lambda: map(str, interleave_parents([table]) and ()),
        lambda: definitions.create_tables(one, database),
        lambda: definitions.create_indexes(one, database),
        lambda: definitions.set_defaults(one, database, waiting=False),
        lambda: definitions.set_defaults(one, database, waiting=True),
        lambda: definitions.add_foreign_keys(((table, k) for k in table.foreign_keys), database),
        lambda: definitions.validate_constraints(one, database),
        lambda: definitions.set_zones(one, database),
    )


def _of_view(one: Chosen) -> tuple[Statements, ...]:
    return (lambda: definitions.create_views(one, one.schema.database),)


def _of_sequence(one: Chosen) -> tuple[Statements, ...]:
    return (
        lambda: definitions.create_sequences(one, one.schema.database),
        lambda: definitions.set_sequences(one, one.schema.database),
    )


def _about(schema: DatabaseSchema, name: TableName) -> Statements:
    """The comments and grants on an object."""

    def made() -> Iterator[str]:
        for comment in schema.comments:
            if owner_of(comment.target) == name:
                yield statements.comment_on(schema.database, comment)
        for grant in schema.grants:
            if owner_of(grant.target) == name:
                yield statements.grant(schema.database, grant)

    return made


def _first_problem(
    name: TableName, parts: Iterable[Statements], bounds: Bounds
) -> BrokenObject | None:
    for part in parts:
        try:
            texts = list(part())
        except KwtuiError as error:
            damaged = error.exit_code is ExitCode.META_DAMAGED
            said = " ".join(filter(None, (error.title, error.cause)))
            return BrokenObject(name, said, "meta_damaged" if damaged else BREAKS_OUT)
        reason = next(filter(None, (why_not(t, DEFINITIONS, bounds) for t in texts)), "")
        if reason:
            return BrokenObject(name, f"it is not sent, because {reason}")
    return None


def _remedy(source: RestoreSource, broken: Iterable[TableName]) -> str:
    names = list(gone_with(source.schema, broken))
    folders = {t.name: t.folder.removeprefix(f"{source.path}/") for t in source.tables}
    words = [folders.get(n, spelling(n)) if source.adopted else spelling(n) for n in names]
    options = " ".join(f"--leave-out {shell_quoted(word)}" for word in words[:_MOST_NAMED])
    more = f" and {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
    return (
        "Somebody changed the backup: look at its schema.json and meta.sql, or restore another one."
        f" To restore the rest: {shell_line('restore', source.path)} {options}{more}"
    )
