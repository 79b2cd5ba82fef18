"""Proposals: plans and statements that wait for a person, one file each in the state directory.

What is approved is the SHA-256 of the file as the person was shown it. Whoever proposed it holds
the same proposal in memory: a file that was changed in between has another hash.
"""

from __future__ import annotations

import hashlib
import os
import re
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    cannot_write,
    make_folders,
    write_file,
)
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.reading import is_there, names_in, read_regular
from kwtui.files.foreign.removing import remove_file
from kwtui.files.json_text import decode, encode
from kwtui.operations.plan import Plan

LIFETIME = timedelta(hours=1)
"""A plan tells what was found when it was made; later it may be wrong."""
_ID = re.compile(r"[0-9a-f]{12}")
_LARGEST = 64 << 20
_LARGEST_REFUSAL = 1 << 16


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, or a statement that changes something."""

    id: str
    made_at: datetime
    expires_at: datetime
    asked_by: str
    """What the agent's program calls itself: a claim, and no proof."""
    server: str
    """``user@host:port``, or the profile's name."""
    database: str
    """What a person types to approve it."""
    title: str
    plan: Plan | None = None
    statement: str = ""
    """Instead of a plan."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A person's no. It is not signed: who forges one only stops what nobody approved."""

    refused_at: datetime
    refused_by: str


def new_proposal_id() -> str:
    return os.urandom(6).hex()


def content_of(proposal: Proposal) -> bytes:
    """As it is written, and as its hash is made of."""
    return encode(proposal)


def digest_of(proposal: Proposal) -> str:
    return hashlib.sha256(content_of(proposal)).hexdigest()


def folder_of(state: Path) -> Path:
    return claim(state, own=True) / "proposals"


def save_proposal(state: Path, proposal: Proposal) -> None:
    """Raises KwtuiError (DISK_FULL or FAILED)."""
    folder = folder_of(state)
    make_folders(folder, mode=PRIVATE_FOLDER)
    write_file(folder / f"{proposal.id}.json", content_of(proposal), mode=PRIVATE_FILE)


def load_proposal(state: Path, proposal_id: str) -> Proposal:
    """Raises KwtuiError (NOT_FOUND) for one that is not there or cannot be read."""
    if not _ID.fullmatch(proposal_id):
        raise _unknown(proposal_id)
    try:
        content = read_regular(folder_of(state) / f"{proposal_id}.json", _LARGEST)
        proposal = decode(content, Proposal)
    except FileNotFoundError:
        raise _unknown(proposal_id) from None
    except (OSError, msgspec.DecodeError) as error:
        raise KwtuiError(
            f"The proposal {proposal_id} cannot be read.",
            cause=str(error),
            exit_code=ExitCode.NOT_FOUND,
        ) from error
    if proposal.id != proposal_id:
        raise _unknown(proposal_id)
    return proposal


def _unknown(proposal_id: str) -> KwtuiError:
    return KwtuiError(
        f"There is no proposal {proposal_id!r}.",
        hint="List what waits for approval: kwtui approve",
        exit_code=ExitCode.NOT_FOUND,
    )


def waiting(state: Path, now: datetime) -> list[Proposal]:
    """Newest first. What has expired is removed, with old answers; what cannot be read is left
    out."""
    folder = folder_of(state)
    try:
        names = names_in(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KwtuiError(f"{folder} cannot be read: {error.strerror}.") from error
    found = []
    for name in names:
        proposal_id, _, ending = name.partition(".")
        if ending == "refusal" and _ID.fullmatch(proposal_id):
            _forget_old_refusal(state, proposal_id, now)
        if ending != "json" or not _ID.fullmatch(proposal_id):
            continue
        try:
            proposal = load_proposal(state, proposal_id)
        except KwtuiError:
            # Nobody can approve what cannot be read; the others wait all the same.
            continue
        if proposal.expires_at <= now:
            forget(state, proposal_id)
        else:
            found.append(proposal)
    return sorted(found, key=lambda proposal: proposal.made_at, reverse=True)


def has_approval(state: Path, proposal_id: str) -> bool:
    """Whether somebody signed it; whether that counts is asked when it is to run."""
    return is_there(folder_of(state) / f"{proposal_id}.approval")


def refuse(state: Path, proposal: Proposal, who: str, now: datetime) -> None:
    """Take a proposal away, and leave the answer for whoever asked. Raises KwtuiError."""
    forget(state, proposal.id)
    path = folder_of(state) / f"{proposal.id}.refusal"
    write_file(path, encode(Refusal(refused_at=now, refused_by=who)), mode=PRIVATE_FILE)


def refusal_of(state: Path, proposal_id: str) -> Refusal | None:
    """The answer of a person who said no; None where nobody did. Raises KwtuiError."""
    try:
        content = read_regular(folder_of(state) / f"{proposal_id}.refusal", _LARGEST_REFUSAL)
        return decode(content, Refusal)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise KwtuiError(
            f"The answer to {proposal_id} cannot be read.",
            cause=str(error),
            exit_code=ExitCode.REFUSED_BY_PLAN,
        ) from error


def _forget_old_refusal(state: Path, proposal_id: str, now: datetime) -> None:
    """Once its plan would have expired nobody asks any more."""
    try:
        refusal = refusal_of(state, proposal_id)
    except KwtuiError:
        # It says no, though not whose: that stands.
        return
    if refusal is not None and refusal.refused_at + LIFETIME <= now:
        forget(state, proposal_id)


def forget(state: Path, proposal_id: str) -> None:
    """Remove a proposal and what was answered to it. Raises KwtuiError."""
    for ending in ("json", "approval", "refusal"):
        path = folder_of(state) / f"{proposal_id}.{ending}"
        try:
            remove_file(path)
        except OSError as error:
            raise cannot_write(path, error) from error
