"""The one error that people see, and the exit codes that scripts rely on."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Stable exit codes of the command line, documented in the README. Never renumber."""

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
    SANDBOX_FAILED = 50
    SANDBOX_PORT_IN_USE = 51
    SANDBOX_DIRECTORY_OUTDATED = 52
    SANDBOX_EXTRA_MISSING = 53
    SANDBOX_STORE_BROKEN = 54
    TERMINAL_CLOSED = 129
    CANCELLED = 130


class KwtuiError(Exception):
    """Something that a person must read: what is wrong, why, and what to do next.

    ``title`` says what is wrong in one line, ``cause`` why (often the server's own words), ``hint``
    what to do next. All three are plain text; they may hold foreign text and are never markup.
    ``known_as`` is the code of the entry in the table of known errors that tells more, if one does.
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
        self.title = title
        self.cause = cause
        self.hint = hint
        self.exit_code = exit_code
        self.known_as = known_as

    def lines(self) -> list[str]:
        """The message as plain lines, for a terminal or a log."""
        return [part for part in (self.title, self.cause, self.hint) if part]
