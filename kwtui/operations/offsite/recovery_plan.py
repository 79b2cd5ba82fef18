"""The recovery plan beside a database's sets, carried to where its copies lie."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path, PurePosixPath

from kwtui.backups.layout.naming import inside
from kwtui.backups.layout.tree import is_there
from kwtui.backups.manifest import read_sidecar
from kwtui.documents.recovery.plan import LANGUAGES, plan_file
from kwtui.errors import KwtuiError
from kwtui.files.foreign.grounds import claim
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.archive import ARCHIVE_FILE
from kwtui.offsite.copies import read_archive
from kwtui.offsite.recovery_plans import keep_plans
from kwtui.offsite.sent_for import recipients_sent_for
from kwtui.offsite.targets.opening import opened
from kwtui.offsite.targets.target import Target


def plan_files(extern: Path, folder: str) -> dict[str, Path]:
    """Where the plan of a database lies, by language, in the folder of its sets below extern.

    Raises KwtuiError (NOT_FOUND) for a path that leaves extern.
    """
    place = inside(claim(extern), folder)
    files = {language: place / plan_file(language) for language in LANGUAGES}
    return {language: file for language, file in files.items() if is_there(file)}


def send_recovery_plan(
    target: Target, extern: Path, folder: str, recipients: tuple[str, ...], now: datetime
) -> tuple[str, ...]:
    """Carry the plan in a folder of sets to that of their copies, in place of an older one.

    The names there; empty where there is no plan. Raises KwtuiError as reading and the target do.
    """
    texts = {lang: read_sidecar(file) for lang, file in plan_files(extern, folder).items()}
    return keep_plans(target, folder, texts, recipients, now) if texts else ()


def renew_recovery_plan(
    settings: TargetSettings, extern: Path, state: Path, folder: str, now: datetime
) -> str:
    """Carry it to a target that holds copies of its database; the target's address.

    It is encrypted for the target's recipients, else for those that this host sent copies to last.
    Empty where no copy lies there. Raises KwtuiError, also where the copies there are encrypted and
    nothing says for whom the plan would be.
    """
    with opened(settings) as target:
        names = [PurePosixPath(stored.name) for stored in target.files(folder)]
        copies = sorted(str(name.parent) for name in names if name.name == ARCHIVE_FILE)
        if not copies:
            return ""
        recipients = settings.recipients or recipients_sent_for(state, target.address, folder)
        if not recipients and read_archive(target, copies[-1]).recipients:
            raise KwtuiError(
                f"The copies on {target.address} are encrypted, and it is not known for whom: the "
                "recovery plan was not sent there.",
                cause="The target names no recipient, and this host sent no copy there.",
                hint="Name the recipients of the target in offsite.toml, or send a set: "
                "kwtui offsite push SET TARGET --recipient KEY",
            )
        sent = send_recovery_plan(target, extern, folder, recipients, now)
        return target.address if sent else ""
