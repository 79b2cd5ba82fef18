"""The WAL as a page: what protects data between backups. Pure."""

from __future__ import annotations

from kwtui.node.wal.files import Layout, WalArea, WalFiles
from kwtui.operations.wal.report import WalReport, alarms, protection, recovery
from kwtui.server.state.wal_settings import level_words
from kwtui.text import human_bytes, human_duration
from kwtui.widgets.paint import BLANK, Line, fact, fit, heading, line, paragraph


def wal_lines(report: WalReport) -> tuple[list[Line], list[Line]]:
    """What is: alarms first, then settings and files; and what follows from it."""
    lines = [line(("! ", "error"), (words, "error"), indent=2) for words in alarms(report)]
    if lines:
        lines.append(BLANK)
    lines += _settings(report)
    lines += [BLANK, *_files(report)]
    means = [heading("What protects data between backups")]
    means += [line("· ", words, indent=2) for words in protection(report)]
    means += [BLANK, heading("If the node died now")]
    return lines, [*means, *(line("· ", words, indent=2) for words in recovery(report))]


def _settings(report: WalReport) -> list[Line]:
    settings = report.settings
    lines = [heading("Settings")]
    if settings.has_settings:
        lines.append(fact("Level", level_words(settings.level)))
        effective = level_words(settings.effective)
        lines.append(fact("In effect", f"{effective} on node {report.node_id}"))
        lines.append(fact("Checkpoints", f"every {settings.interval}"))
    if settings.refused:
        lines.append(fact("Not told", settings.refused, "warning"))
    log = report.log
    if log is None:
        lines.append(fact("Log", report.no_log, "warning"))
    elif log.problem:
        lines.append(fact("Log", log.problem, "warning"))
    else:
        read = f"{human_bytes(log.bytes_looked_at)} of the TsEngine log read"
        whole = "" if log.is_whole else f", of {human_bytes(log.bytes_total)}"
        lines.append(fact("Log", f"{read}{whole}: {log.completed} checkpoints"))
        if not log.alarms:
            lines.append(
                fact("Alarms", "no line of it alarms, such as Reset ALL WAL would", "good")
            )
    return lines


def _files(report: WalReport) -> list[Line]:
    files = report.files
    if files is None:
        return [heading("Files"), *paragraph(report.no_files, "warning")]
    title = f"Files: {human_bytes(files.bytes)}, {files.layout.value}"
    return [
        heading(title),
        line((_row("", "size", "not checkpointed", "written"), "muted")),
        *(_area(area, report, files) for area in files.areas),
    ]


def _area(area: WalArea, report: WalReport, files: WalFiles) -> Line:
    age = (report.at - area.written).total_seconds() if area.written is not None else None
    written = f"{human_duration(max(0.0, age))} ago" if age is not None else ""
    logged = "?" if files.layout is Layout.RING else human_bytes(area.logged_bytes)
    told = area.problem or ("checkpoint runs" if area.checkpoint_file else "")
    return line(_row(area.name, human_bytes(area.bytes), logged, written), (f"  {told}", "warning"))


def _row(name: str, size: str, logged: str, written: str) -> str:
    return (
        f"{fit(name, 12)} {fit(size, 9, 'right')} {fit(logged, 16, 'right')}"
        f" {fit(written, 12, 'right')}"
    )
