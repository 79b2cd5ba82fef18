"""What the screens look like, at 80 columns and 24 rows unless said: a change is seen and meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from kwtui.config.offsite import add_target
from kwtui.config.policy_file import PolicyDraft, new_policy, text_of
from kwtui.model.offsite import TargetSettings
from tests.screens import staged_board
from tests.screens.driving import Driver, make_app
from tests.screens.fake_controller import FakeController
from tests.screens.fake_offsite import KEY, copies
from tests.screens.fake_policies import FAILED
from tests.screens.fake_runs import run_end
from tests.screens.staged import nightly

RUN = "20261122T120000Z-1"

Steps = tuple[str, ...]
"""Keys to press, or words in <> to wait for."""

TO_THE_PLAN: Steps = (
    "2", "<what is sold>", "enter", "<public.orders>", "enter", "enter", "enter", "<EXPORT INTO>",
)  # fmt: skip

PICTURES: dict[str, Steps] = {
    "connected": ("1", "<may export>"),
    "backup_database": ("2", "<what is sold>"),
    "backup_tables": ("2", "<what is sold>", "enter", "<public.orders>", "space"),
    "backup_method": ("2", "<what is sold>", "enter", "<public.orders>", "enter", "j"),
    "backup_options": (*TO_THE_PLAN[:6], "tab", "tab", "tab"),
    "backup_plan": TO_THE_PLAN,
    "backup_running": (*TO_THE_PLAN, "s", "<1 of 4 tables>"),
    "restore_backup": ("3", "<tsdb>"),
    "restore_strategy": ("3", "<tsdb>", "enter", "j"),
    "restore_name_taken": (
        "3", "<tsdb>", "enter", "enter", "<shop_restored>", *"shop", "<exists>",
    ),
    "storage": ("4", "<tsdb>", "j"),
    "storage_inside": ("4", "<tsdb>", "enter", "<P2: every>"),
    "storage_meta": ("4", "<tsdb>", "enter", "<P2: every>", "j", "j", "<CREATE TABLE orders>"),
    "storage_records": ("4", "<tsdb>", "enter", "<P2: every>", "j", "j", "j", "<records 1 to 100>",
                        "enter"),
    "logs": ("5", "<ts engine>"),
    "log_followed": ("5", "<ts engine>", "enter", "<following>", "<200 entries>"),
    "log_severe": (
        "5", "<ts engine>", "enter", "<200 entries>", "s", "s", "<only level:error>",
        "<[+2 lines]>",
    ),
    "runs_empty": ("6", "<Nothing has run yet>"),
    "server": ("7", "<start-single-node>"),
    "server_settings": ("7", "<start-single-node>", "right_square_bracket", "<touch backups>", "j"),
    "server_wal": ("7", "<start-single-node>", "left_square_bracket", "<vg_001>"),
    "jobs": ("6", "s", "<4 of 5 jobs>", "j"),
    "sql": ("8", "<reads only>"),
    "storage_by_database": ("4", "<tsdb>", "b", "<- shop>"),
    "delete_plan": ("4", "<tsdb>", "x", "<Type its name to confirm>"),
    "drill": ("4", "<tsdb>", "d", "<the connected server>", "down"),
    "compare": ("4", "<tsdb>", "m", "j", "c", "<2 of 3 tables differ>"),
    "retention": ("4", "<tsdb>", "t", "<2 backups stay>"),
    "retention_rule": ("4", "<tsdb>", "t", "<2 backups stay>", "e", "<Keep yearly>", "down"),
    "leftovers": ("4", "<tsdb>", "l", "<3 leftovers>", "j"),
    "doctor": ("7", "<start-single-node>", "d", "<4 checks>", "j"),
    "help": ("4", "<tsdb>", "question_mark", "<Help: 4 Storage>"),
    "palette": ("<admin: may export>", "colon", "<All actions>"),
    "manual": ("question_mark", "<Manual (m)>", "m", "<topics>", "j", "j"),
    "manual_page": (
        "question_mark", "<Manual (m)>", "m", "<topics>", "j", "j", "enter", "<What was shown>",
    ),
}  # fmt: skip


@pytest.fixture
def take(
    snap_compare: Callable[..., bool],
) -> Callable[..., bool]:
    """Drive the interface to a place and compare the picture."""

    def compare(
        controller: FakeController,
        steps: Steps,
        *,
        size: tuple[int, int] = (80, 24),
        prepare: Callable[[FakeController], None] | None = None,
        then: str = "",
        **options: Any,
    ) -> bool:
        app = make_app(controller, **options)

        async def drive(pilot: Pilot[None]) -> None:
            person = Driver(app, pilot)
            for step in steps:
                if step.startswith("<"):
                    await person.until_shown(step[1:-1])
                else:
                    await person.press(step)
            if prepare is not None:
                prepare(controller)
                await person.until_shown(then)
            await pilot.pause()

        return snap_compare(app, terminal_size=size, run_before=drive)

    return compare


BOARDS: dict[str, tuple[tuple[int, int], Steps]] = {
    f"{name}_{size[0]}": (size, steps)
    for size in ((80, 24), (120, 40), (160, 48))
    for name, steps in {
        "board": ("0", "<WAL level>", "j"),
        "time_line": ("0", "<WAL level>", "s", *"jjjjjj", "enter", "<59 backups>", *"jjj"),
    }.items()
}


@pytest.mark.parametrize("name", BOARDS)
def test_two_months_of_eight_databases(
    name: str, take: Callable[..., bool], connected: FakeController
) -> None:
    staged_board.stage(connected)
    size, steps = BOARDS[name]
    assert take(connected, steps, size=size)


SQL_TREE: Steps = ("8", "<reads only>", "f2", "<shop>", "right", "<orders>", "j", "j", "right")


@pytest.mark.parametrize(
    ("size", "more"),
    [
        ((80, 24), ()),
        ((120, 40), ()),
        ((120, 40), ("i", *"select", "space", "asterisk", "space", *"from", "space", *"shop",
                     "full_stop", "tab", "<customers table>")),
    ],
    ids=["80", "120", "120-choices"],
)  # fmt: skip
def test_names_beside_a_statement(
    size: tuple[int, int], more: Steps, take: Callable[..., bool], connected: FakeController
) -> None:
    assert take(connected, (*SQL_TREE, *more), size=size)


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name: str, take: Callable[..., bool], connected: FakeController) -> None:
    assert take(connected, PICTURES[name])


def test_an_error_explained(take: Callable[..., bool], connected: FakeController) -> None:
    keys = [{" ": "space"}.get(key, key) for key in "explain an"]
    steps = (
        "colon", "<All actions>", *keys, "enter", "<Paste an error>", *"42501", "escape",
        "<Check (the letter>", "A", "<answer to>",
    )  # fmt: skip
    assert take(connected, steps)


def test_the_months_of_retention_on_a_wide_terminal(
    take: Callable[..., bool], connected: FakeController
) -> None:
    connected.storage.entries = nightly(10)
    steps = ("4", "<10 backups>", "t", "<2 backups stay>", "j")
    assert take(connected, steps, size=(120, 40))


def test_the_first_screen_before_connecting(
    take: Callable[..., bool], controller: FakeController
) -> None:
    assert take(controller, ("1",))


def test_the_policies(take: Callable[..., bool], connected: FakeController) -> None:
    new_policy("nightly", text_of(PolicyDraft(("shop", "plant_*"), profile="prod")))
    new_policy("hourly", text_of(PolicyDraft(on_calendar="*-*-* *:15:00")))
    connected.policies.events["nightly"] = [FAILED]
    assert take(connected, ("9", "<FAILED>", "j"))


SIZES = pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])


@SIZES
def test_copies_in_other_places(
    size: tuple[int, int], take: Callable[..., bool], connected: FakeController
) -> None:
    add_target(TargetSettings("sftp://backup@vault.example/srv/kwtui", "vault", (KEY,)))
    connected.offsite.lying["vault"] = copies()
    assert take(connected, ("4", "<tsdb>", "o", "<NO COPY>", "j"), size=size)


@SIZES
def test_a_plan_of_an_agent(
    size: tuple[int, int], take: Callable[..., bool], connected: FakeController
) -> None:
    assert take(connected, ("6", "a", "<2 waiting>", "enter", "<as it calls itself>"), size=size)


def test_a_new_policy(take: Callable[..., bool], connected: FakeController) -> None:
    steps = ("9", "<step by step>", "a", "<It matches now>", "enter", "<It would run next>")
    assert take(connected, steps)


def test_a_lost_connection(take: Callable[..., bool], connected: FakeController) -> None:
    assert take(
        connected,
        ("4", "<tsdb>"),
        prepare=lambda fake: fake.connection.lose(),
        then="Connection lost",
    )


def test_a_finished_backup_on_a_wide_terminal(
    take: Callable[..., bool], connected: FakeController
) -> None:
    def finish(controller: FakeController) -> None:
        result = {"path": "kwtui/shop/20261122T120000Z", "tables": 4, "rows": 21500, "proof": 2}
        controller.runs.add_event(RUN, run_end(controller.runs.plans[RUN], result=result))

    steps = (*TO_THE_PLAN, "s", "<1 of 4 tables>")
    assert take(connected, steps, size=(120, 40), prepare=finish, then="succeeded")


@pytest.mark.parametrize("theme", ["light", "high-contrast", "ansi", "monochrome"])
def test_in_every_theme(theme: str, take: Callable[..., bool], connected: FakeController) -> None:
    assert take(connected, ("4", "<tsdb>", "j"), theme=theme)


@pytest.mark.parametrize("size", [(120, 40), (160, 48)], ids=["120x40", "160x48"])
def test_list_and_detail_side_by_side(
    size: tuple[int, int], take: Callable[..., bool], connected: FakeController
) -> None:
    connected.storage.entries = nightly(14)
    assert take(connected, ("4", "<14 backups>", "j", "<Backups of shop>"), size=size)
