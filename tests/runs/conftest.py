"""A plan and events as a small backup leaves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kwtui.operations.plan import Plan, PlanKind, Step, StepKind

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


PLAN = Plan(
    id="p1",
    kind=PlanKind.BACKUP,
    title="Back up shop",
    created_at=START,
    cluster_id="c1",
    node_id=1,
    database="shop",
    path="kwtui/shop/20261122T080000Z",
    steps=(
        Step(id="snapshot", kind=StepKind.SNAPSHOT, title="Take the time"),
        Step(
            id="export:public.orders",
            kind=StepKind.EXPORT_TABLE,
            title="Export public.orders",
            subject="public.orders",
            params={"rows": 100, "bytes": 1000},
        ),
        Step(
            id="export:public.items",
            kind=StepKind.EXPORT_TABLE,
            title="Export public.items",
            subject="public.items",
            params={"rows": 300, "bytes": 3000},
        ),
    ),
    estimate_source="KWDB's statistics",
)


@pytest.fixture
def plan() -> Plan:
    return PLAN
