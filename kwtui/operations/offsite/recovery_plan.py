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


def renew_recovery_plan(settings: TargetSettings, extern: Path, folder: str, now: datetime) -> str:
    """Carry it to a target that holds copies of its database; the target's address.

    Empty where no copy lies there. Raises KwtuiError, also where the copies there are encrypted and
    nothing says for whom the plan would be.
    """
    with opened(settings) as target:
        names = [PurePosixPath(stored.name) for stored in target.files(folder)]
        copies = sorted(str(name.parent) for name in names if name.name == ARCHIVE_FILE)
        if not copies:
            return ""
        if not settings.recipients and read_archive(target, copies[-1]).recipients:
            raise KwtuiError(
                f"The copies on {target.address} are encrypted, and the target names no recipient: "
                "the recovery plan was not sent there.",
                hint="Name the recipients of the target in offsite.toml, or send a set: "
                "kwtui offsite push SET TARGET --recipient KEY",
            )
        sent = send_recovery_plan(target, extern, folder, settings.recipients, now)
        return target.address if sent else ""
