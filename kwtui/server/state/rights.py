"""What the user may do here, and what each thing that kwtui does needs. Pure.

KWDB lets only members of the admin role EXPORT and IMPORT; every other right is a grant on an
object (recording 04, with the user ``teller``; facts.md, section 7.1).
"""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.server.connection.results import ResultSet, to_list


@dataclass(frozen=True)
class Ability:
    """One thing that kwtui does on the server."""

    action: str
    needs: str
    allowed: bool | None
    """None: it depends on grants on the object."""
    otherwise: str = ""
    """What happens without it."""


_ADMIN = "the admin role"


def abilities(*, is_admin: bool, read_only: bool = False) -> tuple[Ability, ...]:
    """What a user with or without the admin role can do, reading first."""
    may_write = is_admin and not read_only
    return (
        Ability("See databases and tables", "any user", True),
        Ability("Survey a database", "SELECT on its tables", True if is_admin else None,
                "Tables that may not be read are left out, and the plan says so."),
        Ability("Back up", f"{_ADMIN} (EXPORT)", is_admin,
                "KWDB refuses EXPORT: only users with the admin role are allowed to."),
        Ability("Verify a backup", "nothing on the server: the files", True),
        Ability("Restore", f"{_ADMIN} (IMPORT), CREATE for the new database", may_write,
                "KWDB refuses IMPORT: only users with the admin role are allowed to."),
        Ability("Restore grants and users", _ADMIN, may_write,
                "The grants are left out; restore.sql beside the backup has them."),
        Ability("See nodes and where the store is", _ADMIN, is_admin,
                "Set store, extern and logs yourself (profile or --store)."),
        Ability("See cluster settings", _ADMIN, is_admin,
                "KWDB refuses SHOW CLUSTER SETTINGS."),
        Ability("Change WAL level or interval", _ADMIN, may_write,
                "KWDB refuses SET CLUSTER SETTING."),
        Ability("See sessions, queries and jobs of all users", _ADMIN, is_admin,
                "KWDB shows only those of the user itself."),
        Ability("Cancel a job or a query", "being its owner, or the admin role",
                True if is_admin else None, "KWDB refuses those of others."),
    )  # fmt: skip


def grant_hint(user: str) -> str:
    """What an administrator says to make the user able to back up."""
    return f"An administrator can say: GRANT admin TO {user}"


@dataclass(frozen=True)
class Account:
    """A user or role of the cluster."""

    name: str
    options: str
    member_of: tuple[str, ...] = ()


def parse_accounts(answer: ResultSet) -> tuple[Account, ...]:
    """The answer of SHOW USERS (recording 01); it lists roles too."""
    return tuple(
        Account(row["username"] or "", row["options"] or "", tuple(to_list(row["member_of"])))
        for row in answer.dicts()
    )
