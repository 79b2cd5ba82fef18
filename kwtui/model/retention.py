"""What is kept and for how long, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from kwtui.model.proof import ProofLevel


@dataclass(frozen=True)
class RetentionPolicy:
    """Which backups of a database stay. All counts are of periods that hold a backup.

    Only sets proven to ``min_proof`` take a place. Without any count nothing goes.
    """

    keep_last: int = 0
    keep_daily: int = 0
    keep_weekly: int = 0
    """ISO weeks."""
    keep_monthly: int = 0
    keep_yearly: int = 0
    min_proof: ProofLevel = ProofLevel.P2

    @property
    def keeps_nothing(self) -> bool:
        """Whether it has no count at all, and therefore decides nothing."""
        counts = (self.keep_last, self.keep_daily, self.keep_weekly, self.keep_monthly)
        return not any((*counts, self.keep_yearly))


@dataclass(frozen=True)
class RetentionPolicies:
    """The policies of a person: one for each database, and one for all others."""

    default: RetentionPolicy | None = None
    databases: dict[str, RetentionPolicy] = field(default_factory=dict)

    def of(self, database: str) -> RetentionPolicy | None:
        return self.databases.get(database, self.default)
