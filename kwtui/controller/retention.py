"""How long sets are kept: the rules, and what they would let go."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.background import Background
from kwtui.controller.folders import NodeFolders
from kwtui.operations.plan import new_plan_id

if TYPE_CHECKING:
    from kwtui.model.retention import RetentionPolicies, RetentionPolicy
    from kwtui.operations.removal.plan import PrunePreview


class Retention:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self, folders: NodeFolders, account_runs: AccountRuns, background: Background, state: Path
    ) -> None:
        self._folders = folders
        self._account_runs = account_runs
        self._background = background
        self._state = state

    def policies(self) -> RetentionPolicies:
        """As saved for each database."""
        from kwtui.config.retention import load_policies

        return load_policies()

    def save(self, database: str | None, policy: RetentionPolicy | None) -> None:
        """Of a database, or of all others (None); without a policy it is forgotten."""
        from kwtui.config.retention import save_policy

        save_policy(database, policy)

    async def preview(
        self, database: str | None = None, policies: RetentionPolicies | None = None
    ) -> PrunePreview:
        """What retention keeps and lets go, as decisions, calendar and plan.

        Without ``policies`` the saved ones. Start the preview's plan to do it.
        """
        from kwtui.operations.removal.planning import make_prune_preview

        return await self._background.call(
            make_prune_preview,
            self._folders.extern(),
            self._state,
            policies or self.policies(),
            database,
            await self._account_runs.known(),
            datetime.now(UTC),
            new_plan_id(),
        )
