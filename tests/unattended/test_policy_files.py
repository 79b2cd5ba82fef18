"""A policy's file: what a person writes, and what is said of what is wrong in it."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

import kwtui
from kwtui.config import policies
from kwtui.config.policies import load_policy, policy_names, policy_path, read_policy
from kwtui.config.policy_file import PolicyDraft, new_policy, replace_policy, text_of
from kwtui.controller.policy_work import request_of
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import CheckLevel
from kwtui.model.policy import NewDatabases, NoticeOn, Overlap, PolicyLimits, PolicyOffsite
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import Incremental

WHOLE = """\
format = 1
databases = ["shop", "plant_*"]
exclude = ["plant_test"]
new_databases = "report"
profile = "prod"

[backup]
method = "database"
at_once = 2
with_users = true

[schedule]
cron = "15 1 * * *"
missed = "skip"

[proof]
drill_every = "7d"
max_age = "90min"
min_proof = "P4"

[retention]
keep_daily = 7

[notify]
on = ["failure"]
command = ["/usr/bin/logger"]

[limits]
window = "22:00-06:00"
max_queries = 5

[offsite]
target = "vault"
level = "O2"
"""


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KWTUI_CONFIG_DIR", str(tmp_path))


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "nightly.toml"
    path.write_text(text, "utf-8")
    return path


def test_every_key_arrives(tmp_path: Path) -> None:
    policy = read_policy(write(tmp_path, WHOLE))
    assert policy.name == "nightly"
    assert policy.databases == ("shop", "plant_*")
    assert policy.new_databases is NewDatabases.REPORT
    assert policy.at_once == 2
    assert policy.with_users
    assert policy.schedule.time_zone == "local", "cron supports no other"
    assert policy.proof.max_age == timedelta(minutes=90)
    assert policy.proof.min_proof is ProofLevel.P4
    assert policy.retention is not None
    assert policy.retention.keep_daily == 7
    assert policy.notice.on == (NoticeOn.FAILURE,)
    assert policy.limits.max_queries == 5
    assert policy.offsite == PolicyOffsite("vault", level=2)


NEW = text_of(PolicyDraft())
LIMITED = """\
databases = ["*"]
[backup]
incremental = "full"
check = "aggregates"
node = 2
unseen = true
with_settings = true
[schedule]
on_calendar = "daily"
overlap = "wait"
[notify]
apprise = ["mailto://x"]
ping = "https://example.org/ping"
smtp_user = "kwtui"
smtp_password_command = "pass show smtp"
repeat = "7d"
per_hour = 2
[limits]
max_answer = "2s"
max_queries = 50
wait = "30min"
stop = true
cpu_share = 50
low_priority = false
max_space = "500GiB"
rate = "50MiB"
"""


def test_every_limit_and_every_way_to_back_up_arrives(tmp_path: Path) -> None:
    policy = read_policy(write(tmp_path, LIMITED))
    assert (policy.incremental, policy.check) == (Incremental.FULL, CheckLevel.AGGREGATES)
    request = request_of(policy, "shop")
    assert request.database == "shop"
    assert (request.node_id, request.unseen, request.with_settings) == (2, True, True)
    assert (request.incremental, request.check) == (Incremental.FULL, CheckLevel.AGGREGATES)
    assert policy.schedule.overlap is Overlap.WAIT
    assert policy.notice.ping == "https://example.org/ping"
    assert (policy.notice.repeat, policy.notice.per_hour) == (timedelta(days=7), 2)
    assert policy.limits == PolicyLimits(
        max_queries=50,
        max_answer=timedelta(seconds=2),
        wait=timedelta(minutes=30),
        stop=True,
        cpu_share=50,
        low_priority=False,
        max_space=500 << 30,
        rate=50 << 20,
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"500GiB"', '"500"', 'Line 25 in [limits]: max_space must be a size such as "500GiB"'),
        ('"50MiB"', '"50"', 'rate must be a size such as "500GiB"'),
        (
            "per_hour",
            'webhook_secret_command = "x"\nper_hour',
            "needs the template dingtalk or fei",
        ),
        (
            "cpu_share = 50",
            "cpu_share = 150",
            "in [limits]: cpu_share must be percent, at most",
        ),
        ('max_answer = "2s"\nmax_queries = 50', "", "stop needs max_queries or max_answer"),
        ('smtp_user = "kwtui"', "", "smtp_password_command need each other"),
        (
            'ping = "https:',
            'ping = "ftp:',
            "Line 13 in [notify]: ping must be an http",
        ),
        ('"aggregates"', '"all"', "check must be one of counts, aggregates, sample, full"),
        ('"wait"', '"queue"', "overlap must be one of skip, wait"),
    ],
)
def test_a_limit_that_makes_no_sense_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in LIMITED
    with pytest.raises(KwtuiError) as error:
        read_policy(write(tmp_path, LIMITED.replace(old, new)))
    assert words in error.value.cause


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("at_once = 2", "at_once = 0", "Line 9 in [backup]: at_once must be at least 1, not 0."),
        ("at_once = 2", 'at_once = "2"', "must be a whole number"),
        ("with_users", "with_user", "Line 10 in [backup]: unknown key 'with_user'."),
        ('"90min"', '"soon"', "Line 18 in [proof]: max_age must be a time"),
        ('"P4"', '"P9"', "Line 19 in [proof]: min_proof must be one of P1, P2, P3, P4"),
        ('cron = "15 1 * * *"', "", "give either on_calendar or cron"),
        ("keep_daily = 7", "keep_daily = -1", "cannot keep a negative number"),
        ('["shop", "plant_*"]', "[]", "Line 2: databases must name them"),
        ('on = ["failure"]', 'on = ["sometimes"]', "not 'sometimes'"),
        ("22:00-06:00", "at night", "Line 29 in [limits]: window must be as"),
        ("[limits]", "[limit]", "unknown key 'limit'"),
        ('level = "O2"', 'level = "O3"', "level must be O1 or O2"),
        ('target = "vault"', "", "target must name one"),
        ('target = "vault"', 'targt = "vault"', "unknown key 'targt'"),
        ('cron = "15 1 * * *"', 'crn = "15 1 * * *"', "unknown key 'crn'"),
        ('missed = "skip"', 'time_zone = "UTC"', "cron supports no other"),
        ("[limits]", "[limits", "line"),
        ('databases = ["shop", "plant_*"]', "", "At the top: databases must name them"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in WHOLE
    with pytest.raises(KwtuiError) as error:
        read_policy(write(tmp_path, WHOLE.replace(old, new)))
    assert error.value.exit_code is ExitCode.USAGE
    assert words in error.value.cause


def test_a_new_policy_can_be_used_at_once_and_is_never_overwritten() -> None:
    path = new_policy("nightly", text_of(PolicyDraft(profile="prod")))
    assert path == policy_path("nightly")
    assert path.stat().st_mode & 0o777 == 0o600
    policy = load_policy("nightly")
    assert policy.profile == "prod"
    assert policy.schedule.on_calendar == "*-*-* 01:15:00"
    assert policy_names() == ["nightly"]
    with pytest.raises(KwtuiError) as error:
        new_policy("nightly", NEW)
    assert error.value.exit_code is ExitCode.NAME_TAKEN
    with pytest.raises(KwtuiError, match="not a valid policy name"):
        new_policy("../nightly", NEW)


def test_a_bad_new_policy_and_a_bad_edit_leave_nothing_behind() -> None:
    with pytest.raises(KwtuiError):
        new_policy("bad", text_of(PolicyDraft(drill_every="sometimes")))
    assert policy_names() == []
    new_policy("nightly", NEW)
    before = policy_path("nightly").read_text("utf-8")
    with pytest.raises(KwtuiError) as error:
        replace_policy("nightly", "databases = 5")
    assert policy_path("nightly").read_text("utf-8") == before
    assert "Line 1: databases" in error.value.cause
    kept = policy_path("nightly").with_name("nightly.toml.refused")
    assert kept.read_text("utf-8") == "databases = 5", "what was typed is not lost"
    assert str(kept) in error.value.hint
    assert policy_names() == ["nightly"]


def test_a_policy_that_is_not_there_is_told_with_the_nearest() -> None:
    new_policy("nightly", NEW)
    with pytest.raises(KwtuiError) as error:
        load_policy("nightl")
    assert error.value.exit_code is ExitCode.NOT_FOUND
    assert "nightly" in error.value.hint


@pytest.mark.parametrize("key", ['cron = "15\\n1 * * *"', 'on_calendar = "*-*-*\\n01:15:00"'])
def test_a_time_has_no_line_end(tmp_path: Path, key: str) -> None:
    path = write(tmp_path, f'format = 1\ndatabases = ["*"]\n[schedule]\n{key}\n')
    with pytest.raises(KwtuiError) as error:
        read_policy(path)
    assert "line break" in (error.value.cause or "")


def test_commands_of_a_file_that_others_may_write_are_not_taken(tmp_path: Path) -> None:
    path = write(tmp_path, 'format = 1\ndatabases = ["*"]\n[notify]\ncommand = ["/bin/true"]\n')
    read_policy(path)
    for place in (path, tmp_path):
        mode = place.stat().st_mode
        place.chmod(mode | 0o002)
        with pytest.raises(KwtuiError) as error:
            read_policy(path)
        assert "every account may write" in (error.value.cause or "")
        place.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, 65534, -1)
        with pytest.raises(KwtuiError) as error:
            read_policy(path)
        assert "belongs to" in (error.value.cause or "")
    path.write_text('format = 1\ndatabases = ["*"]\n', "utf-8")
    read_policy(path)


def test_the_example_of_the_manual_can_be_used_and_names_every_key(tmp_path: Path) -> None:
    manual = Path(kwtui.__file__).parent / "manual" / "policies.md"
    example = manual.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
    policy = read_policy(write(tmp_path, example))
    assert policy.notice.ping
    assert policy.limits.max_space
    for keys in (policies._BACKUP_KEYS, policies._NOTIFY_KEYS, policies._LIMIT_KEYS):
        unnamed = [key for key in keys if not re.search(rf"^{key} = ", example, re.MULTILINE)]
        assert unnamed == []
