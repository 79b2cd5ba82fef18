"""The sandbox answers as the node in the recordings did, but for one checked-in list.

``python -m tests.sandbox.contract report`` shows the same comparison for a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.contract.known import known_differences
from tests.sandbox.contract.node import running_node
from tests.sandbox.contract.recordings import REPLAYED, load
from tests.sandbox.contract.replay import Replayer, Result

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("contract")]

Results = dict[str, list[Result]]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    """Every recording of the one node, replayed in order on one fresh sandbox."""
    home: Path = tmp_path_factory.mktemp("contract") / "node"
    with running_node(home) as node:
        replayer = Replayer(node)
        yield {number: list(replayer.replay(number)) for number in REPLAYED}
        replayer.close()


@pytest.mark.parametrize("number", REPLAYED)
def test_recording(replayed: Results, number: str) -> None:
    """Nothing differs that is not on the list, and nothing on the list has stopped differing."""
    known = known_differences()
    surprises = []
    for result in replayed[number]:
        step = result.step
        listed = (number, step.index) in known
        if result.differences and not listed:
            shown = "\n    ".join(str(difference) for difference in result.differences)
            surprises.append(f"{number}#{step.index} differs: {step.title[:200]}\n    {shown}")
        if listed and not result.differences:
            surprises.append(
                f"{number}#{step.index} matches now: take it off known_differences.toml"
            )
    assert not surprises, "\n".join(surprises)


def test_the_list_names_real_steps_with_reasons() -> None:
    """A list that outlives its recordings would hide what it was made for."""
    for (number, index), reason in known_differences().items():
        assert number in REPLAYED, f"{number}#{index} is of a recording that is not replayed"
        assert index < len(load(number)), f"{number}#{index} is past the end of the recording"
        assert len(reason.split()) >= 3, f"{number}#{index} needs a reason"


def test_the_sandbox_matches_95_of_100_statements(replayed: Results) -> None:
    checked = [result for results in replayed.values() for result in results]
    matched = [result for result in checked if not result.differences]
    assert len(matched) >= 0.95 * len(checked), f"{len(matched)} of {len(checked)}"
