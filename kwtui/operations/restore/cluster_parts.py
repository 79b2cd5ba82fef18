"""Users and cluster settings of a set as steps of a restore. Pure.

KWDB's own IMPORT USERS fails as a whole when one of them exists, and its file has names without the
quotes that they need (facts.md, 1.11 and 2.7). So each statement is read, and sent on its own with
its names quoted; what is not of the known forms is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import Step
from kwtui.operations.restore.source import RestoreSource
from kwtui.operations.restore.steps import RestoreScope, sql_if_any
from kwtui.sql.lexer import Kind, tokens
from kwtui.sql.quoting import identifier

_CREATE = re.compile(r"CREATE (USER|ROLE) (.+?)(?: WITH ([A-Z ]+?))?\s*\Z")
_MEMBER = re.compile(r"GRANT (.+) TO (.+?)( WITH ADMIN OPTION)?\s*\Z")
_SETTING = re.compile(r"SET CLUSTER SETTING [a-z][a-z0-9_.]* = ")


def cluster_steps(scope: RestoreScope) -> Iterator[Step]:
    """The steps for what was asked for; none without. Raises KwtuiError (META_DAMAGED)."""
    source = scope.source
    if scope.request.with_users:
        yield from sql_if_any(
            "restore-users",
            "Create the users and roles of the backup",
            user_statements(source.users_sql or "", scope.facts.accounts),
            "Those that exist stay as they are. Without passwords: KWDB never reveals those.",
        )
    if scope.request.with_settings:
        yield from sql_if_any(
            "restore-settings",
            "Set the cluster settings of the backup",
            setting_statements(source.settings_sql or ""),
            "For the whole cluster; one by one, and not rolled back if the restore fails.",
        )


def exported_accounts(source: RestoreSource) -> frozenset[str]:
    """The names of users and roles in users.sql."""
    found = (_CREATE.match(text) for text in _statements(source.users_sql or ""))
    return frozenset(_bare(match[2]) for match in found if match)


def user_statements(text: str, existing: frozenset[str]) -> Iterator[str]:
    """CREATE USER, CREATE ROLE and GRANT role of a users.sql, for whom is not there yet."""
    for statement in _statements(text):
        if match := _CREATE.match(statement):
            name = _bare(match[2])
            options = f" WITH {' '.join(match[3].split())}" if match[3] else ""
            if name not in existing:
                yield f"CREATE {match[1]} IF NOT EXISTS {identifier(name)}{options}"
        elif match := _MEMBER.match(statement):
            role, member = _bare(match[1]), _bare(match[2])
            yield f"GRANT {identifier(role)} TO {identifier(member)}{match[3] or ''}"
        else:
            raise _strange("users.sql", statement)


def setting_statements(text: str) -> Iterator[str]:
    """SET CLUSTER SETTING of a clustersetting.sql, as they stand there."""
    for statement in _statements(text):
        if not _SETTING.match(statement):
            raise _strange("clustersetting.sql", statement)
        yield statement


def _statements(text: str) -> Iterator[str]:
    """Split at semicolons outside strings."""
    parts: list[str] = []
    for token in tokens(text):
        if token.text == ";" and token.kind is not Kind.STRING:
            if found := "".join(parts).strip():
                yield found
            parts = []
        else:
            parts.append(token.text)
    if found := "".join(parts).strip():
        yield found


def _bare(name: str) -> str:
    """A name as the server has it: the file has it without quotes, or with them."""
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        return name[1:-1].replace('""', '"')
    return name


def _strange(file: str, statement: str) -> KwtuiError:
    return KwtuiError(
        f"{file} holds a statement that no export writes.",
        cause=statement[:200],
        hint="Look at the file; restore without it.",
        exit_code=ExitCode.META_DAMAGED,
    )
