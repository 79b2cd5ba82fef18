"""The pages of the server screen as lines and rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kwtui.model.filter_words import rows_with
from kwtui.model.server import DatabaseSummary
from kwtui.server.connection.results import age_seconds
from kwtui.server.state.activity import Session
from kwtui.server.state.overview import Node, Overview
from kwtui.server.state.rights import abilities, grant_hint
from kwtui.server.state.settings import Setting
from kwtui.text import human_bytes, human_duration, plural
from kwtui.widgets.paint import BLANK, Line, Part, fact, fit, heading, line, paragraph
from kwtui.widgets.virtual_list import Column

SETTING_COLUMNS = (
    Column("Setting", 38, grow=True),
    Column("Value", 14),
    Column("", 1),
    Column("What it is", 20, grow=True, drop=1),
)
SESSION_COLUMNS = (
    Column("Node", 4, "right"),
    Column("User", 10),
    Column("Client", 16, drop=2),
    Column("Since (UTC)", 19, drop=1),
    Column("Application", 10, drop=3),
    Column("Runs", 16, grow=True),
)


def node_lines(overview: Overview) -> list[Line]:
    """Every node with liveness, version, age and room."""
    lines = [heading("Nodes")]
    if overview.nodes.refused:
        return [*lines, *_refused(overview.nodes.refused, "All that is known stands above.")]
    for node in overview.nodes.items:
        lines += _node(node, overview)
    if len(overview.versions) > 1:
        words = "The nodes run different versions: finish the upgrade before a restore."
        lines.append(line(("! ", "warning"), words, indent=2))
    return lines


def _node(node: Node, overview: Overview) -> Iterator[Line]:
    here = " (this one)" if node.id == overview.facts.node_id else ""
    state = ("live", "good") if node.is_live else ("NOT LIVE", "error")
    age = None if overview.at is None else age_seconds(node.started, overview.at)
    up = f", up {human_duration(age)}" if age is not None and node.is_live else ""
    yield line((f"{node.id:>3} ", "strong"), state, f"  {node.address}{here}{up}", indent=4)
    told = [node.version, node.start_mode, node.locality]
    if node.available is not None and node.capacity:
        share = node.available / node.capacity
        room = f"{human_bytes(node.available)} of {human_bytes(node.capacity)} free"
        told.append(f"{room} ({share:.0%})")
    told += ["draining"] * node.draining + ["being decommissioned"] * node.decommissioning
    yield line("    ", (", ".join(filter(None, told)), "muted"), indent=4)
    if overview.visible_stores is not None:
        yield line("    ", _files_seen(overview.visible_stores.get(node.id)), indent=4)
    if not node.is_live:
        words = "A backup must not go to this node; KWDB gives up on it after some 20 s."
        yield line("    ", (words, "warning"), indent=4)


def _files_seen(store: str | None) -> Part:
    if store is None:
        return ("Its files are not visible from here: after a backup to it run kwtui there.", "")
    return (f"Its files are on this machine: {store}", "muted")


def database_lines(databases: Sequence[DatabaseSummary]) -> list[Line]:
    return [heading("Databases"), *map(_database, databases)] if databases else []


def _database(database: DatabaseSummary) -> Line:
    counted = "" if database.tables is None else fit(plural(database.tables, "table"), 12) + " "
    own = "KWDB's own" if database.system else database.comment or ""
    return line(
        f"{fit(database.name, 24)} {fit(database.engine.value, 12)} {counted}",
        (own, "muted"),
        indent=4,
    )


# -- rights ---------------------------------------------------------------------------------------


def rights_lines(overview: Overview, *, read_only: bool) -> tuple[list[Line], list[Line]]:
    """What the user may do and what each action needs; and who else there is."""
    facts = overview.facts
    lines = [fact("User", facts.user), fact("Role", "admin" if facts.is_admin else "not admin")]
    if read_only:
        lines.append(fact("Profile", "read only: kwtui changes nothing on this server", "warning"))
    if not facts.is_admin:
        lines += [BLANK, *paragraph(grant_hint(facts.user), "accent")]
    lines += [BLANK, heading("What kwtui does, and what it needs")]
    for ability in abilities(is_admin=facts.is_admin, read_only=read_only):
        mark = {True: ("✓ ", "good"), False: ("✗ ", "error"), None: ("? ", "warning")}
        lines.append(
            line(mark[ability.allowed], ability.action, (f": {ability.needs}", "muted"), indent=2)
        )
        if ability.allowed is not True and ability.otherwise:
            lines.append(line("  ", (ability.otherwise, "muted"), indent=2))
    return lines, _accounts(overview)


def _accounts(overview: Overview) -> list[Line]:
    lines = [heading("Users and roles")]
    if overview.accounts.refused:
        return [*lines, *_refused(overview.accounts.refused, "KWDB shows them to admins only.")]
    for account in overview.accounts.items:
        member = f"in {', '.join(account.member_of)}" if account.member_of else ""
        told = ", ".join(filter(None, (account.options, member)))
        lines.append(line(fit(account.name, 24), (f" {told}", "muted"), indent=4))
    return lines


# -- settings -------------------------------------------------------------------------------------


def setting_cells(setting: Setting) -> list[str | Part]:
    mark: str | Part = ("!", "warning") if setting.warning else ""
    role = "strong" if setting.touches_backups else ""
    return [
        (setting.name, role),
        setting.value or ("(empty)", "muted"),
        mark,
        (setting.meaning or setting.description, "muted"),
    ]


def setting_lines(setting: Setting | None) -> list[Line]:
    """What stands below the list."""
    if setting is None:
        return []
    lines = [line((setting.name, "strong"), " = ", setting.value or "(empty)", indent=2)]
    if setting.warning:
        lines.append(line(("! ", "warning"), setting.warning, indent=2))
    if setting.meaning:
        lines += paragraph(setting.meaning)
    return [*lines, line(("KWDB: ", "muted"), (setting.description, "muted"), indent=6)]


# -- sessions -------------------------------------------------------------------------------------


def session_cells(session: Session) -> list[str | Part]:
    since = f"{session.started:%Y-%m-%d %H:%M:%S}" if session.started else ""
    runs: str | Part = session.active or ("(idle)", "muted")
    return [str(session.node_id), session.user, session.client, since, session.application, runs]


def sessions_with(sessions: Iterable[Session], text: str) -> list[Session]:
    """Those that the words of a filter leave."""
    return rows_with(sessions, text, _told)


def _told(session: Session) -> dict[str, str]:
    return {
        "node": str(session.node_id),
        "user": session.user,
        "client": session.client,
        "application": session.application,
        "runs": session.active or session.last,
    }


def session_lines(session: Session | None, overview: Overview | None) -> list[Line]:
    if session is None or overview is None:
        return []
    lines = []
    if session.active:
        age = None if overview.at is None else age_seconds(session.query_started, overview.at)
        took = f"for {human_duration(age)}" if age is not None else ""
        lines.append(line(("Runs ", "muted"), (took, "strong"), f" {session.active}", indent=5))
    if session.last:
        lines.append(line(("Before ", "muted"), session.last, indent=7))
    where = f"{session.application or 'no name'} from {session.client}, {session.id}"
    return [*lines, line(("Session ", "muted"), where, indent=8)]


def _refused(said: str, otherwise: str) -> list[Line]:
    return [
        line(("Not told: ", "warning"), said, indent=2),
        line((otherwise, "muted"), indent=2),
    ]
