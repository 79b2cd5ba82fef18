"""A strategy as the draft of a policy. Pure."""

from __future__ import annotations

from kwtui.advice.recommendation import Strategy
from kwtui.advice.words import policy_span
from kwtui.config.policy_file import PolicyDraft
from kwtui.model.database_patterns import exactly


def draft_of(strategy: Strategy, profile: str) -> PolicyDraft:
    """One without a retention removes nothing, ever: the caller refuses it."""
    kept = strategy.retention
    counts = (
        {}
        if kept is None
        else {
            "keep_last": kept.keep_last,
            "keep_daily": kept.keep_daily,
            "keep_weekly": kept.keep_weekly,
            "keep_monthly": kept.keep_monthly,
            "keep_yearly": kept.keep_yearly,
        }
    )
    return PolicyDraft(
        databases=tuple(exactly(name) for name in strategy.databases),
        profile=profile,
        on_calendar=strategy.schedule.on_calendar,
        drill_every=policy_span(strategy.drill_every),
        verify_every=policy_span(strategy.verify_every),
        max_age=policy_span(strategy.max_age),
        keep=counts,
        offsite=strategy.answers.copies,
        window=strategy.answers.window,
    )
