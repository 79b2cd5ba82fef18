"""Proposals of agents: made, approved by a person, started once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.background import Background
from kwtui.controller.connection import Connection
from kwtui.controller.evidence import Evidence
from kwtui.controller.runs import Runs
from kwtui.controller.sql import SqlConsole

if TYPE_CHECKING:
    from kwtui.approval.approvals import Approval
    from kwtui.approval.proposals import Proposal
    from kwtui.operations.plan import Plan


class Approvals:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self,
        connection: Connection,
        runs: Runs,
        sql: SqlConsole,
        evidence: Evidence,
        background: Background,
        state: Path,
    ) -> None:
        self._connection = connection
        self._runs = runs
        self._sql = sql
        self._evidence = evidence
        self._background = background
        self._state = state

    # -- for whoever proposes -----------------------------------------------------------------

    async def propose(
        self, asked_by: str, plan: Plan | None = None, statement: str = "", database: str = ""
    ) -> Proposal:
        """Keep a plan or a statement until a person approves it, or it expires."""
        from kwtui.approval.proposals import (
            LIFETIME,
            Proposal,
            new_proposal_id,
            save_proposal,
        )

        target, now = self._connection.target, datetime.now(UTC)
        proposal = Proposal(
            id=new_proposal_id(),
            made_at=now,
            expires_at=now + LIFETIME,
            asked_by=asked_by,
            server=target.label if target is not None else "",
            database=plan.database if plan is not None else database,
            title=plan.title if plan is not None else "Run a statement",
            plan=plan,
            statement=statement,
        )
        await self._background.call(save_proposal, self._state, proposal)
        return proposal

    def approver_key(self) -> bytes:
        """The public key that approvals are held against. Raises NOT_FOUND."""
        from kwtui.approval.keys import public_path, read_public

        return read_public(public_path())

    async def start(self, proposal: Proposal, public_key: bytes) -> str:
        """Start what was approved, once: the run's id, or what a statement answered.

        ``proposal`` is as it was made, and not as its file says now. Raises KwtuiError: NOT_FOUND
        while nobody approved it, REFUSED_BY_PLAN where the approval does not count.
        """
        from kwtui.approval.approvals import approval_of
        from kwtui.approval.proposals import forget

        approval = await self._background.call(
            approval_of, self._state, proposal, public_key, datetime.now(UTC)
        )
        # Gone before it begins: what was approved once is not done twice.
        await self._background.call(forget, self._state, proposal.id)
        words = f"{proposal.title}, approved by {approval.approved_by}"
        await self._evidence.record("run-approved", database=proposal.database, words=words)
        if proposal.plan is not None:
            return await self._runs.start(proposal.plan)
        return await self._write(proposal)

    async def _write(self, proposal: Proposal) -> str:
        console = self._sql.open(database=proposal.database or None)
        try:
            await console.unlock()
            answer = await console.run(proposal.statement)
        finally:
            await console.close()
        return f"{answer.tag or 'done'}, {answer.seconds:.1f} s"

    # -- for the person who approves ----------------------------------------------------------

    async def waiting(self) -> list[Proposal]:
        """What was proposed, has not expired and has not begun, newest first."""
        from kwtui.approval.proposals import waiting

        return await self._background.call(waiting, self._state, datetime.now(UTC))

    def is_approved(self, proposal: Proposal) -> bool:
        """Whether a person approved it already; it waits for the agent then."""
        from kwtui.approval.proposals import has_approval

        return has_approval(self._state, proposal.id)

    async def find(self, proposal_id: str) -> Proposal:
        """Raises NOT_FOUND, and REFUSED_BY_PLAN for one that has expired."""
        from kwtui.approval.approvals import check_in_time
        from kwtui.approval.proposals import load_proposal

        proposal = await self._background.call(load_proposal, self._state, proposal_id)
        check_in_time(proposal, datetime.now(UTC))
        return proposal

    async def approve(self, proposal: Proposal, passphrase: str) -> Approval:
        """Raises AUTHENTICATION_FAILED for a wrong passphrase, NOT_FOUND without a key,
        REFUSED_BY_PLAN for a proposal that has expired."""
        from kwtui.approval.approvals import approve
        from kwtui.approval.keys import private_path
        from kwtui.evidence.journal import who

        approval = await self._background.call(
            approve,
            self._state,
            proposal,
            who(),
            datetime.now(UTC),
            private_path(),
            passphrase,
        )
        words = f"{proposal.title}, asked for by {proposal.asked_by} ({proposal.id})"
        await self._evidence.record("approve", database=proposal.database, words=words)
        return approval

    async def refuse(self, proposal: Proposal) -> None:
        """Take it away; whoever asked for it is told so when it asks for its run."""
        from kwtui.approval.proposals import refuse
        from kwtui.evidence.journal import who

        await self._background.call(refuse, self._state, proposal, who(), datetime.now(UTC))
        words = f"{proposal.title}, asked for by {proposal.asked_by} ({proposal.id})"
        await self._evidence.record("refuse", database=proposal.database, words=words)

    def has_key(self) -> bool:
        """Whether this account has an approver's key to sign with."""
        from kwtui.approval.keys import private_path
        from kwtui.files.foreign.reading import is_there

        return is_there(private_path())

    def make_keys(self, passphrase: str) -> tuple[Path, Path]:
        """A new pair for this account: the private and the public file."""
        from kwtui.approval.keys import make_keys, own_public_path, private_path

        private, public = private_path(), own_public_path()
        private.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        make_keys(private, public, passphrase)
        return private, public
