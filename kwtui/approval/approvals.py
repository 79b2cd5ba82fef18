"""Approvals: what a person signed, and whether it counts for a proposal."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from pathlib import Path

import msgspec

from kwtui.approval.keys import is_signed, sign
from kwtui.approval.proposals import Proposal, digest_of, folder_of, refusal_of
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import PRIVATE_FILE, write_file
from kwtui.files.foreign.reading import read_regular
from kwtui.files.json_text import decode, encode

_LARGEST = 1 << 16


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """``signature`` is over all else."""

    proposal: str
    sha256: str
    """Of the proposal as it was shown."""
    approved_at: datetime
    approved_by: str
    signature: str = ""


def _message(approval: Approval) -> bytes:
    unsigned = msgspec.structs.replace(approval, signature="")
    return b"kwtui approval 1\n" + encode(unsigned)


def check_in_time(proposal: Proposal, now: datetime) -> None:
    """Raises KwtuiError (REFUSED_BY_PLAN) for one that has expired."""
    if proposal.expires_at <= now:
        raise _refused(f"The plan {proposal.id} has expired.", "Plan it again.")


def approve(
    state: Path, proposal: Proposal, who: str, now: datetime, key: Path, passphrase: str
) -> Approval:
    """Sign a proposal, and keep the approval beside it. Raises KwtuiError as `sign`, and
    REFUSED_BY_PLAN for one that has expired."""
    check_in_time(proposal, now)
    unsigned = Approval(
        proposal=proposal.id, sha256=digest_of(proposal), approved_at=now, approved_by=who
    )
    signature = base64.b64encode(sign(key, passphrase, _message(unsigned))).decode()
    approval = msgspec.structs.replace(unsigned, signature=signature)
    path = folder_of(state) / f"{proposal.id}.approval"
    write_file(path, encode(approval), mode=PRIVATE_FILE)
    return approval


def _check_not_refused(state: Path, proposal: Proposal) -> None:
    refusal = refusal_of(state, proposal.id)
    if refusal is not None:
        raise _refused(
            f"{refusal.refused_by} refused the plan {proposal.id}.",
            f"At {refusal.refused_at:%Y-%m-%d %H:%M} UTC. Ask that person what to plan instead.",
        )


def approval_of(state: Path, proposal: Proposal, public_pem: bytes, now: datetime) -> Approval:
    """The approval that counts for this very proposal, now.

    Raises KwtuiError: NOT_FOUND while nobody approved it, REFUSED_BY_PLAN for one that has expired,
    that a person refused, that was signed by nobody who may, or that is for something else.
    """
    check_in_time(proposal, now)
    _check_not_refused(state, proposal)
    try:
        content = read_regular(folder_of(state) / f"{proposal.id}.approval", _LARGEST)
        approval = decode(content, Approval)
    except FileNotFoundError:
        raise KwtuiError(
            f"The plan {proposal.id} is not approved yet.",
            hint=f"A person approves it on a terminal: kwtui approve {proposal.id}",
            exit_code=ExitCode.NOT_FOUND,
        ) from None
    except (OSError, msgspec.DecodeError) as error:
        raise _refused(f"The approval of {proposal.id} cannot be read.", str(error)) from error
    try:
        signature = base64.b64decode(approval.signature, validate=True)
    except binascii.Error:
        signature = b""
    if not is_signed(public_pem, _message(approval), signature):
        raise _refused(
            f"The approval of {proposal.id} is not signed by the approver.",
            f"A person approves it on a terminal: kwtui approve {proposal.id}",
        )
    if approval.proposal != proposal.id or approval.sha256 != digest_of(proposal):
        raise _refused(
            f"The approval does not match the plan {proposal.id}.",
            "The plan was changed after it was made, or the approval belongs to another plan. "
            "Plan it again.",
        )
    return approval


def _refused(title: str, hint: str) -> KwtuiError:
    return KwtuiError(title, hint=hint, exit_code=ExitCode.REFUSED_BY_PLAN)
