"""What agents proposed, in memory."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from kwtui.approval.approvals import Approval
from kwtui.approval.proposals import Proposal, digest_of
from kwtui.controller.approvals import Approvals
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Finding, Severity
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from tests.screens.staged import FACTS, NOW

PASSPHRASE = "correct horse battery"
RESTORE = Plan(
    id="20261122T115500Z-3",
    kind=PlanKind.RESTORE,
    title="Restore kwtui/shop/20261122T110000Z as shop_copy",
    created_at=NOW,
    cluster_id=FACTS.cluster_id,
    node_id=1,
    database="shop_copy",
    path="kwtui/shop/20261122T110000Z",
    steps=(
        Step(
            "create",
            StepKind.SQL,
            "Create the database",
            sql=("CREATE DATABASE shop_copy",),
        ),
        Step(
            "import-orders",
            StepKind.IMPORT_TABLE,
            "Import orders",
            sql=("IMPORT INTO shop_copy.public.orders CSV DATA ('nodelocal://1/orders')",),
        ),
    ),
    findings=(Finding(Severity.WARNING, "grantee_missing", "anna", "the role is not there"),),
    not_included=("Passwords of users: KWDB does not give them out.",),
    estimated_rows=21_500,
    estimated_bytes=3_400_000,
    estimate_source="the manifest",
)


def proposal(name: str, plan: Plan | None = None, statement: str = "") -> Proposal:
    """Made five minutes ago by an agent."""
    return Proposal(
        id=name,
        made_at=NOW - timedelta(minutes=5),
        expires_at=NOW + timedelta(minutes=55),
        asked_by="night-agent 1.2",
        server="shop-test",
        database=plan.database if plan is not None else "shop",
        title=plan.title if plan is not None else "Run a statement",
        plan=plan,
        statement=statement,
    )


class FakeApprovals(Approvals):
    def __init__(self) -> None:
        self.proposals = [
            proposal("5f0c1a2b3c4d", RESTORE),
            proposal("aa11bb22cc33", statement="DELETE FROM orders WHERE state = 'old'"),
        ]
        self.key = True
        self.approved: list[str] = []
        self.refused: list[str] = []

    async def waiting(self) -> list[Proposal]:
        return [each for each in self.proposals if each.id not in self.refused]

    def is_approved(self, proposal: Proposal) -> bool:
        return proposal.id in self.approved

    async def approve(self, proposal: Proposal, passphrase: str) -> Approval:
        if passphrase != PASSPHRASE:
            raise KwtuiError(
                "The passphrase is wrong, or the key is damaged.",
                exit_code=ExitCode.AUTHENTICATION_FAILED,
            )
        self.approved.append(proposal.id)
        return Approval(
            proposal=proposal.id, sha256=digest_of(proposal), approved_at=NOW, approved_by="anna"
        )

    async def refuse(self, proposal: Proposal) -> None:
        self.refused.append(proposal.id)

    def has_key(self) -> bool:
        return self.key

    def make_keys(self, passphrase: str) -> tuple[Path, Path]:
        self.key = True
        return Path("/config/approver.key"), Path("/config/approver.pub")
