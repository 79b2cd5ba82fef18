"""What the sentinels share: one node, kwtui beside it."""

from __future__ import annotations

import pytest

from tests.conftest import SandboxNode
from tests.faults.bench import Bench


@pytest.fixture(scope="session")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Every test makes databases and folders of its own, named after its row."""
    return Bench(sandbox, tmp_path_factory.mktemp("state"))
