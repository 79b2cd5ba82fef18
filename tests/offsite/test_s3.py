"""Copies in an object store: a real one, with several parts, locks, and keys that are wrong."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.archive import CopyLevel
from kwtui.offsite.checking import check_copy
from kwtui.offsite.copies import read_contents
from kwtui.offsite.fetching import fetch
from kwtui.offsite.targets.opening import opened
from kwtui.offsite.targets.s3 import S3Target
from kwtui.offsite.targets.s3_account import Account
from kwtui.offsite.targets.s3_requests import signed_headers
from kwtui.offsite.targets.target import read_small, write_small
from tests.offsite.copying import files_in, make_set, push
from tests.offsite.s3_server import KEY_ID, SECRET, ObjectStore, object_store

BUCKET = "vault"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_store(tmp_path_factory.mktemp("store")) as running:
        request(running, "PUT", "", {"x-amz-bucket-object-lock-enabled": "true"})
        yield running


def request(
    store: ObjectStore,
    method: str,
    key: str,
    more: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> bytes:
    host, path = f"127.0.0.1:{store.port}", f"/{BUCKET}{key}"
    account = Account(KEY_ID, SECRET)
    query = query or {}
    headers = signed_headers(
        method, host, path, query, b"", "us-east-1", account, datetime.now(UTC), more
    )
    connection = http.client.HTTPConnection(host, timeout=30)
    ending = "?" + "&".join(f"{name}=" for name in query) if query else ""
    connection.request(method, path + ending, None, headers)
    response = connection.getresponse()
    answer = response.read()
    assert response.status == 200, answer
    return answer


@pytest.fixture
def settings(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> TargetSettings:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    folder = request.node.name.partition("[")[0]
    return TargetSettings(f"s3://{BUCKET}/{folder}", endpoint=store.endpoint)


def test_a_set_goes_there_and_comes_back(settings: TargetSettings, tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    with opened(settings) as target:
        push(target, location, tmp_path / "state")
        copy = read_contents(target).find(location.path)
        assert copy.archive is not None
        assert check_copy(target, copy.archive, CopyLevel.O3).ok
        (tmp_path / "other").mkdir()
        fetch(target, copy.archive, tmp_path / "other", tmp_path / "state")
    back = files_in(tmp_path / "other" / location.path)
    back.pop("proofs.jsonl")
    assert back == files_in(location.root)


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 10, (17 << 20) + 3])
def test_what_is_written_is_read_and_never_replaced(settings: TargetSettings, size: int) -> None:
    content = os.urandom(size)
    with opened(settings) as target:
        write_small(target, f"a/{size}", content)
        assert read_small(target, f"a/{size}", 32 << 20) == content
        with pytest.raises(KwtuiError) as raised:
            write_small(target, f"a/{size}", b"other")
        assert raised.value.exit_code is ExitCode.NAME_TAKEN
        assert isinstance(target, S3Target)
        target.delete(f"a/{size}")
        target.delete(f"a/{size}")
        assert target.files() == []


@pytest.mark.slow
def test_of_two_writers_one_is_refused(settings: TargetSettings) -> None:
    with opened(settings) as target:
        assert isinstance(target, S3Target)
        target.put_new("archive.json", b"first")
        with pytest.raises(KwtuiError) as raised:
            target.put_new("archive.json", b"second")
        assert raised.value.exit_code is ExitCode.NAME_TAKEN


@pytest.mark.slow
def test_a_cut_upload_leaves_nothing_that_is_paid_for(settings: TargetSettings) -> None:
    with opened(settings) as target:
        assert isinstance(target, S3Target)
        killed = target.open_upload("part")
        killed.write(os.urandom(20 << 20))
        key = target._key("part")
        assert len(target._requests.unfinished_uploads(key)) == 1
        with suppress(RuntimeError), target.write("part") as sink:
            sink.write(os.urandom(20 << 20))
            raise RuntimeError
        assert target._requests.unfinished_uploads(key) == []
        assert target.files() == []


@pytest.mark.slow
def test_a_copy_is_locked_until_a_day(store: ObjectStore, settings: TargetSettings) -> None:
    locked = TargetSettings(settings.url, endpoint=settings.endpoint, lock_days=3)
    with opened(locked) as target:
        assert isinstance(target, S3Target)
        write_small(target, "part", b"content")
        key = f"/{target._key('part')}"
    answer = request(store, "GET", key, query={"retention": ""}).decode()
    assert "COMPLIANCE" in answer
    assert (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%d") in answer


def test_wrong_keys_and_wrong_buckets_are_told_without_the_secret(
    settings: TargetSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with opened(TargetSettings("s3://nothing", endpoint=settings.endpoint)) as target:
        with pytest.raises(KwtuiError) as raised:
            target.files()
        assert raised.value.exit_code is ExitCode.NOT_FOUND
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    with opened(settings) as target:
        with pytest.raises(KwtuiError) as raised:
            target.files()
        assert raised.value.exit_code is ExitCode.AUTHENTICATION_FAILED
        assert "another-secret" not in "\n".join(raised.value.lines())
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(KwtuiError) as raised, opened(settings):
        pass
    assert raised.value.exit_code is ExitCode.AUTHENTICATION_FAILED


@pytest.mark.slow
def test_keys_come_from_the_credentials_file(
    settings: TargetSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"
    file.write_text(f"[vault]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    named = TargetSettings(settings.url, endpoint=settings.endpoint, credentials="vault")
    with opened(named) as target:
        assert target.files() == []


def test_a_store_that_does_not_answer_is_unreachable(settings: TargetSettings) -> None:
    with opened(TargetSettings("s3://vault/x", endpoint="http://127.0.0.1:1")) as target:
        with pytest.raises(KwtuiError) as raised:
            target.files()
        assert raised.value.exit_code is ExitCode.SERVER_UNREACHABLE
