"""Recovery plans beside the copies of a database: there after the host that made them is lost.

Each is a file ``RECOVERY-20261130T184000Z.en.md`` in the folder that holds the copies, or the same
in one age file (``.md.age``) where the copies are encrypted: it names the people to call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from kwtui.backups.layout.naming import decode_folder
from kwtui.errors import ExitCode, KwtuiError
from kwtui.offsite.keys import recipients_of
from kwtui.offsite.optional_packages import age_module
from kwtui.offsite.targets.target import Target, read_small, write_small
from kwtui.offsite.unpacking import NoKeyFits, damaged

_NAME = re.compile(r"RECOVERY-(\d{8}T\d{6}Z)\.([a-z]{2})\.md(\.age)?\Z")
_STAMP = "%Y%m%dT%H%M%SZ"
_LARGEST = 16 << 20


@dataclass(frozen=True)
class KeptPlan:
    """A recovery plan on a target, as its name tells."""

    path: str
    database: str
    language: str
    at: datetime
    encrypted: bool

    @property
    def folder(self) -> str:
        """Of the copies of its database."""
        return str(PurePosixPath(self.path).parent)


def plans_in(names: Iterable[str]) -> tuple[KeptPlan, ...]:
    """The newest of each folder and language among the files of a target, by database."""
    newest: dict[tuple[str, str], KeptPlan] = {}
    for name in sorted(names):
        plan = _parsed(name)
        if plan is None:
            continue
        key = (plan.folder, plan.language)
        if key not in newest or newest[key].at <= plan.at:
            newest[key] = plan
    return tuple(sorted(newest.values(), key=lambda p: (p.database, p.language, p.path)))


def _parsed(name: str) -> KeptPlan | None:
    pure = PurePosixPath(name)
    found = _NAME.match(pure.name)
    if found is None or not pure.parent.name:
        return None
    try:
        at = datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
    return KeptPlan(name, decode_folder(pure.parent.name), found[2], at, bool(found[3]))


def keep_plans(
    target: Target,
    folder: str,
    texts: Mapping[str, bytes],
    recipients: Sequence[str],
    now: datetime,
) -> tuple[str, ...]:
    """Write the plan of each language into the folder of a database's copies; the names.

    Older ones go when the new ones are there, so that there is one at every moment: what a writing
    that was cut off left goes the next time. Raises KwtuiError as the target does.
    """
    names = [stored.name for stored in target.files(folder)]
    parsed = [plan for name in names if (plan := _parsed(name)) is not None]
    there = [plan for plan in parsed if plan.folder == folder]
    # Whatever the clocks of the hosts say, this one is the newest.
    at = max([now.replace(microsecond=0), *(plan.at + timedelta(seconds=1) for plan in there)])
    keys = recipients_of(recipients)
    written = []
    for language, text in texts.items():
        ending = ".md.age" if keys else ".md"
        name = f"{folder}/RECOVERY-{at.strftime(_STAMP)}.{language}{ending}"
        write_small(target, name, age_module().encrypt(text, keys) if keys else text)
        written.append(name)
    for plan in there:
        if plan.language in texts:
            target.delete(plan.path)
    return tuple(written)


def read_plan(target: Target, plan: KeptPlan, identities: Sequence[Any]) -> str:
    """The plan as text (Markdown).

    Raises KwtuiError: AUTHENTICATION_FAILED, BACKUP_DAMAGED, and as the target does.
    """
    content = read_small(target, plan.path, _LARGEST)
    if plan.encrypted:
        content = _opened(content, plan.path, identities)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise damaged(plan.path, "It is no text.") from error


def _opened(content: bytes, path: str, identities: Sequence[Any]) -> bytes:
    age = age_module()
    if not identities:
        raise NoKeyFits(path)
    try:
        opened: bytes = age.decrypt(content, list(identities))
    except age.DecryptError as error:
        if "matching keys" in str(error).lower():
            raise NoKeyFits(path) from error
        raise damaged(path, str(error)) from error
    return opened


def no_plan(database: str, language: str, address: str) -> KwtuiError:
    """For one that is not there."""
    return KwtuiError(
        f"No recovery plan of {database} ({language}) lies on {address}.",
        hint="`kwtui rescue` lists those that lie there.",
        exit_code=ExitCode.NOT_FOUND,
    )
