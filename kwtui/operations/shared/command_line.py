"""The shell command that does the same as a plan. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from kwtui.model.requests import (
    BackupMethod,
    BackupRequest,
    Dialect,
    DrillRequest,
    ExcerptRequest,
    RestoreRequest,
    RestoreStrategy,
    with_level,
)
from kwtui.model.retention import RetentionPolicies, RetentionPolicy
from kwtui.model.schema import TableName
from kwtui.operations.plan import REMOVALS, Plan, PlanKind
from kwtui.text import shell_joined

_PLAIN = BackupRequest(database="")
_DIALECT_OPTIONS = {
    "delimiter": "--delimiter",
    "null_text": "--null-text",
    "charset": "--charset",
}


def shell_line(*words: str, options: Sequence[str] = ()) -> str:
    """kwtui with these words, quoted for a POSIX shell; ``options`` name server and files."""
    return shell_joined(["kwtui", *words, *options])


def command_for(plan: Plan, connection: Sequence[str]) -> str:
    """One line for a POSIX shell. ``connection`` are the options that name the server."""
    if plan.kind is PlanKind.BACKUP:
        words = _backup_words(msgspec.convert(with_level(plan.request), BackupRequest))
    elif plan.kind is PlanKind.RESTORE and plan.request.get("continues"):
        words = _continue_words(plan)
    elif plan.kind is PlanKind.RESTORE:
        words = _restore_words(msgspec.convert(plan.request, RestoreRequest))
    elif plan.kind is PlanKind.EXCERPT:
        words = _excerpt_words(msgspec.convert(plan.request, ExcerptRequest))
    elif plan.kind is PlanKind.DRILL:
        words = _drill_words(msgspec.convert(plan.request, DrillRequest))
    elif plan.kind is PlanKind.SEAL:
        words = iter(("seal", plan.path, "--draft", str(plan.request["draft"])))
    elif plan.kind is PlanKind.SETTING:
        words = _wal_words(plan)
    elif plan.kind in REMOVALS:
        words = _removal_words(plan)
    elif plan.kind in (PlanKind.OFFSITE, PlanKind.FETCH):
        words = _offsite_words(plan)
    else:
        words = iter(("verify", plan.path, "--level", f"P{plan.request['level']}"))
    return shell_line(*words, options=connection)


def _continue_words(plan: Plan) -> Iterator[str]:
    yield from ("restore", "--continue", str(plan.request["continues"]))
    yield from _accept_words(plan.request.get("accept", ()))


def _accept_words(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield from ("--accept", name)


def _drill_words(request: DrillRequest) -> Iterator[str]:
    yield from ("drill", request.source, "--level", f"P{int(request.level)}")
    if request.strategy is not RestoreStrategy.EXACT:
        yield from ("--strategy", request.strategy.value)
    if request.on_sandbox:
        yield from ("--on", "sandbox")
    if request.node_id is not None:
        yield from ("--node", str(request.node_id))
    yield from _tree_words(request)


def _tree_words(request: RestoreRequest | DrillRequest) -> Iterator[str]:
    """How a foreign export is read."""
    for path in request.leave_out:
        yield from ("--leave-out", path)
    if request.empty:
        yield from ("--empty", ",".join(name.as_option for name in request.empty))
    if request.first_is_row:
        yield "--no-header"
    if request.dialect is not None:
        yield from _dialect_words(request.dialect, always=True)
    yield from _accept_words(request.accept)


def _removal_words(plan: Plan) -> Iterator[str]:
    request = plan.request
    if plan.kind is PlanKind.DELETE:
        yield from ("delete", plan.path)
        confirmed = request.get("confirmed")
        yield from ("--yes-delete", confirmed) if confirmed else ("--yes",)
    elif plan.kind is PlanKind.CLEANUP:
        yield from ("cleanup", *request["names"], "--yes")
    else:
        yield from ("prune", *([request["database"]] if request["database"] else []))
        policies = msgspec.convert(request["policies"], RetentionPolicies)
        if policies.default is not None and not policies.databases:
            yield from policy_words(policies.default)
        yield "--yes"


def _offsite_words(plan: Plan) -> Iterator[str]:
    request, target = plan.request, str(plan.request["target"])
    yield from ("offsite", str(request["action"]))
    if request["action"] == "push":
        yield from (plan.path, target)
        for key in request["recipients"] if request["given_recipients"] else ():
            yield from ("--recipient", str(key))
        yield from ("--level", f"O{request['level']}")
    elif request["action"] == "fetch":
        yield from (target, plan.path)
        if request["tables"]:
            yield from ("--tables", _names(msgspec.convert(request["tables"], list[TableName])))
        for file in request["identities"]:
            yield from ("--identity", str(file))
    else:
        yield target
        if request["policy"] is not None:
            policy = msgspec.convert(request["policy"], RetentionPolicy)
            yield from policy_words(policy, scale="O")
        else:
            yield from ("--leftovers",)
    yield "--yes"


def policy_words(policy: RetentionPolicy, *, scale: str = "P") -> Iterator[str]:
    """The options of `kwtui prune` that say the same."""
    for field in ("keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly"):
        count = getattr(policy, field)
        if count:
            yield from (f"--{field.replace('_', '-')}", str(count))
    yield from ("--min-proof", f"{scale}{int(policy.min_proof)}")


def _backup_words(request: BackupRequest) -> Iterator[str]:
    yield from ("backup", request.database)
    if request.tables:
        yield from ("--tables", _names(request.tables))
    if request.without:
        yield from ("--without", _names(request.without))
    if request.method is not BackupMethod.SNAPSHOT:
        yield from ("--method", request.method.value)
    if request.prefix != _PLAIN.prefix:
        yield from ("--prefix", request.prefix)
    if request.label:
        yield from ("--label", request.label)
    if request.node_id is not None:
        yield from ("--node", str(request.node_id))
    yield from _how_words(request)
    for field in ("with_users", "with_settings", "unseen", "sweep"):
        if getattr(request, field):
            yield f"--{field.replace('_', '-')}"
    yield from _dialect_words(request.dialect)


def _how_words(request: BackupRequest) -> Iterator[str]:
    """How much at a time, how much anew, and what is compared."""
    if request.parallel != _PLAIN.parallel:
        yield from ("--parallel", str(request.parallel))
    if request.chunk_rows != _PLAIN.chunk_rows:
        yield from ("--chunk-rows", str(request.chunk_rows))
    if request.check is not None:
        yield from ("--check", request.check.value)
    if request.incremental != _PLAIN.incremental:
        yield from ("--incremental", request.incremental.value)
    if request.anew_after != _PLAIN.anew_after:
        yield from ("--anew-after", str(request.anew_after))


def _restore_words(request: RestoreRequest) -> Iterator[str]:
    yield from ("restore", request.source)
    if request.target:
        yield from ("--as", request.target)
    if request.strategy is not RestoreStrategy.EXACT:
        yield from ("--strategy", request.strategy.value)
    if request.tables:
        yield from ("--tables", _names(request.tables))
    if request.create_missing_users:
        yield "--create-users"
    if request.with_users:
        yield "--with-users"
    if request.with_settings:
        yield "--with-settings"
    if request.replace:
        yield from ("--yes-replace", request.replace)
    if request.node_id is not None:
        yield from ("--node", str(request.node_id))
    yield from _tree_words(request)


def _excerpt_words(request: ExcerptRequest) -> Iterator[str]:
    yield from ("restore", request.source, "--tables", request.table.as_option)
    yield from ("--into", request.into.as_option)
    given = {"--as": request.target, "--from": request.since, "--until": request.until}
    for option, text in (given | {"--where": request.where}).items():
        if text:
            yield from (option, text)
    if request.node_id is not None:
        yield from ("--node", str(request.node_id))


def _wal_words(plan: Plan) -> Iterator[str]:
    yield from ("wal", "set")
    for field in ("level", "interval"):
        if plan.request.get(field) is not None:
            yield from (f"--{field}", str(plan.request[field]))
    yield from ("--yes", plan.cluster_id[:8])


def _names(tables: Sequence[TableName]) -> str:
    return ",".join(table.as_option for table in tables)


def _dialect_words(dialect: Dialect, *, always: bool = False) -> Iterator[str]:
    plain = Dialect()
    for field, option in _DIALECT_OPTIONS.items():
        value = getattr(dialect, field)
        if always or value != getattr(plain, field):
            yield from (option, value)
    if dialect.header:
        yield "--header"
