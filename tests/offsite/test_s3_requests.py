"""Signatures as in Amazon's own examples, and where a bucket is. No server is asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kwtui.errors import KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.targets.s3_account import Account, place_of
from kwtui.offsite.targets.s3_requests import signed_headers

ACCOUNT = Account("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
MOMENT = datetime(2013, 5, 24, tzinfo=UTC)
HOST = "examplebucket.s3.amazonaws.com"


@pytest.mark.parametrize(
    ("path", "query", "more", "signature"),
    [
        (
            "/test.txt",
            {},
            {"range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "/",
            {"lifecycle": ""},
            {},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "/",
            {"prefix": "J", "max-keys": "2"},
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_requests_are_signed_as_in_the_documentation(
    path: str, query: dict[str, str], more: dict[str, str], signature: str
) -> None:
    """ "Authenticating Requests: Using the Authorization Header", Amazon S3 API Reference."""
    headers = signed_headers("GET", HOST, path, query, b"", "us-east-1", ACCOUNT, MOMENT, more)
    assert headers["authorization"].endswith(f"Signature={signature}")
    assert ACCOUNT.secret not in repr(ACCOUNT) + str(headers)


@pytest.mark.parametrize(
    ("settings", "environment", "base"),
    [
        ({}, {}, "https://s3.us-east-1.amazonaws.com/vault"),
        ({"path_style": False}, {}, "https://vault.s3.us-east-1.amazonaws.com"),
        (
            {"endpoint": "https://minio:9000/"},
            {"AWS_ENDPOINT_URL": "x"},
            "https://minio:9000/vault",
        ),
        ({}, {"AWS_ENDPOINT_URL": "http://here:1"}, "http://here:1/vault"),
        ({"region": "eu-1"}, {"AWS_REGION": "x"}, "https://s3.eu-1.amazonaws.com/vault"),
    ],
)
def test_a_bucket_is_in_the_path_or_in_the_host(
    settings: dict[str, object], environment: dict[str, str], base: str
) -> None:
    given = TargetSettings("s3://vault", **settings)  # type: ignore[arg-type]
    assert place_of(given, "vault", environment).base == base


@pytest.mark.parametrize("endpoint", ["minio", "ftp://minio", "https://key:hush@minio", "https://"])
def test_an_endpoint_that_makes_no_sense_is_refused(endpoint: str) -> None:
    with pytest.raises(KwtuiError) as raised:
        place_of(TargetSettings("s3://vault", endpoint=endpoint), "vault", {})
    assert "hush" not in "\n".join(raised.value.lines())
