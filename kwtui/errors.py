"""The one error that people see, and the exit codes that scripts rely on."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Stable exit codes of the command line. Never renumber."""

    OK = 0
    FAILED = 1
    USAGE = 2
    SERVER_UNREACHABLE = 10
    AUTHENTICATION_FAILED = 11
    TLS_FAILED = 12
    ADMIN_ROLE_REQUIRED = 13
    CONNECTION_LOST = 14
    STATEMENT_REFUSED = 15
    WRONG_CLUSTER = 16
    EXTERN_NOT_FOUND = 20
    EXTERN_NOT_READABLE = 21
    DISK_FULL = 22
    DESTINATION_NOT_EMPTY = 23
    NAME_TAKEN = 30
    BACKUP_DAMAGED = 31
    META_DAMAGED = 32
    NOT_FOUND = 33
    RESTORE_DIFFERS = 34
    BACKUP_INCOMPLETE = 35
    REFUSED_BY_PLAN = 36
    RUN_IN_PROGRESS = 37
    STATUS_LATE = 40
    STATUS_CRITICAL = 41
    STATUS_UNKNOWN = 42
    EVIDENCE_ALTERED = 43
    SANDBOX_FAILED = 50
    SANDBOX_PORT_IN_USE = 51
    SANDBOX_DIRECTORY_OUTDATED = 52
    SANDBOX_EXTRA_MISSING = 53
    SANDBOX_STORE_BROKEN = 54
    TERMINAL_CLOSED = 129
    CANCELLED = 130

    @property
    def meaning(self) -> str:
        """What it says, in a few words, for `kwtui --help` and the manual."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "failed",
    ExitCode.USAGE: "wrong usage",
    ExitCode.SERVER_UNREACHABLE: "server unreachable",
    ExitCode.AUTHENTICATION_FAILED: "authentication failed",
    ExitCode.TLS_FAILED: "TLS failed",
    ExitCode.ADMIN_ROLE_REQUIRED: "admin role required",
    ExitCode.CONNECTION_LOST: "connection lost",
    ExitCode.STATEMENT_REFUSED: "statement refused by the server",
    ExitCode.WRONG_CLUSTER: "not the plan's cluster",
    ExitCode.EXTERN_NOT_FOUND: "extern not found",
    ExitCode.EXTERN_NOT_READABLE: "extern not readable",
    ExitCode.DISK_FULL: "disk full",
    ExitCode.DESTINATION_NOT_EMPTY: "destination not empty",
    ExitCode.NAME_TAKEN: "name taken",
    ExitCode.BACKUP_DAMAGED: "backup damaged",
    ExitCode.META_DAMAGED: "meta.sql damaged",
    ExitCode.NOT_FOUND: "not found",
    ExitCode.RESTORE_DIFFERS: "restore differs from the backup",
    ExitCode.BACKUP_INCOMPLETE: "backup incomplete",
    ExitCode.REFUSED_BY_PLAN: "refused by the plan",
    ExitCode.RUN_IN_PROGRESS: "another run is at work",
    ExitCode.STATUS_LATE: "a database is late or unproven",
    ExitCode.STATUS_CRITICAL: "a database cannot come back",
    ExitCode.STATUS_UNKNOWN: "not known whether it can",
    ExitCode.EVIDENCE_ALTERED: "the evidence journal was altered",
    ExitCode.SANDBOX_FAILED: "sandbox failed",
    ExitCode.SANDBOX_PORT_IN_USE: "sandbox: port in use",
    ExitCode.SANDBOX_DIRECTORY_OUTDATED: "sandbox: directory of another version",
    ExitCode.SANDBOX_EXTRA_MISSING: "sandbox: packages missing",
    ExitCode.SANDBOX_STORE_BROKEN: "sandbox: data cannot be opened",
    ExitCode.TERMINAL_CLOSED: "terminal closed; the run goes on",
    ExitCode.CANCELLED: "cancelled",
}


class Lines(str):
    """Text of several lines that are meant: only `lines_of` makes it, and a plain `str` made of it
    is one line again."""

    __slots__ = ()


def lines_of(*parts: str) -> Lines:
    """The parts that are not empty, each on a line of its own; a newline inside one is marked."""
    return Lines("\n".join(_meant(part) for part in parts if part))


def _meant(text: str) -> str:
    """With ``␊`` for each newline of a name, a file or a server: it begins no line of ours."""
    return text if isinstance(text, Lines) else text.replace("\n", "␊")


class KwtuiError(Exception):
    """Something that a person must read: what is wrong, why, and what to do next.

    ``title`` says what is wrong in one line, ``cause`` why (often the server's own words), ``hint``
    what to do next. All three are plain text; they may hold foreign text and are never markup.
    Each is one line, its newlines marked, unless `lines_of` made it. ``known_as`` is the code of
    the entry in the table of known errors that tells more, if one does.
    """

    def __init__(
        self,
        title: str,
        *,
        cause: str = "",
        hint: str = "",
        exit_code: ExitCode = ExitCode.FAILED,
        known_as: str = "",
    ) -> None:
        super().__init__(title)
        self.title = title.replace("\n", "␊")
        self.cause = cause
        self.hint = hint
        self.exit_code = exit_code
        self.known_as = known_as

    @property
    def cause(self) -> str:
        return self._cause

    @cause.setter
    def cause(self, text: str) -> None:
        self._cause = _meant(text)

    @property
    def hint(self) -> str:
        return self._hint

    @hint.setter
    def hint(self, text: str) -> None:
        self._hint = _meant(text)

    def lines(self) -> list[str]:
        """The message as plain lines, for a terminal or a log."""
        return [part for part in (self.title, self.cause, self.hint) if part]
