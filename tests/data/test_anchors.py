"""The names of anchors, and which URL is which kind of place."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from data.anchor_bucket import AnchorBucket
from data.anchor_folder import AnchorFolder
from data.anchors import is_webhook, name_of, number_at, open_place
from data.errors import AnchorError
from data.settings import Settings
from data.urls import anchor_url, anchor_webhooks


def test_names_sort_as_their_numbers() -> None:
    numbers = [1, 2, 10, 999, 123_456_789]
    assert sorted(map(name_of, numbers)) == list(map(name_of, numbers))
    assert [number_at(name_of(number)) for number in numbers] == numbers


@pytest.mark.parametrize(
    "name",
    [
        "",
        "anchor-1.json",
        ".anchor-0000000001.json.ab12",
        "anchor-0000000001.json~",
        "anchor-٠٠٠٠٠٠٠٠٠١.json",
        "x.json",
    ],
)
def test_what_is_named_otherwise_is_no_anchor(name: str) -> None:
    assert number_at(name) is None


def test_each_place_has_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    folder, bucket = open_place(f"file://{tmp_path}/with%20space"), open_place("s3://anchors/plant-1/")
    assert isinstance(folder, AnchorFolder)
    assert isinstance(bucket, AnchorBucket)
    assert (folder.name, bucket.name) == (f"{tmp_path}/with space", "s3://anchors/plant-1")


@pytest.mark.parametrize(
    "url", ["", "x", "/srv/anchors", "file://host/x", "file:///", "s3:///x", "ftp://h/x", "s3://[x"]
)
def test_what_is_no_place_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(AnchorError, match="MARKSIGHT_AUDIT_ANCHOR_URL") as caught:
        open_place(url)
    assert "srv" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "answer"), [("https://h/x", True), ("http://h", True), ("s3://b", False), ("file:///x", False)]
)
def test_a_webhook_is_told_by_its_scheme(url: str, answer: bool) -> None:
    assert is_webhook(url) is answer


HOME_URL = "file:///srv/ms/anchors"


@pytest.mark.parametrize(
    ("named", "place", "webhooks"),
    [
        pytest.param(None, HOME_URL, [], id="unset"),
        pytest.param(" ", HOME_URL, [], id="empty"),
        pytest.param("s3://b/p", "s3://b/p", [], id="a place"),
        pytest.param("https://h/x", HOME_URL, ["https://h/x"], id="a webhook"),
        pytest.param("https://h/x file:///f http://i", "file:///f", ["https://h/x", "http://i"], id="both"),
    ],
)
def test_a_setting_names_a_place_and_webhooks(named: str | None, place: str, webhooks: list[str]) -> None:
    settings = Settings(home=Path("/srv/ms"), audit_anchor_url=None if named is None else SecretStr(named))
    assert (anchor_url(settings), anchor_webhooks(settings)) == (place, webhooks)


def test_two_places_are_refused() -> None:
    with pytest.raises(AnchorError, match="several places"):
        anchor_url(Settings(audit_anchor_url=SecretStr("file:///a s3://b")))


def test_a_webhooks_password_does_not_show() -> None:
    assert "hunter2" not in repr(Settings(audit_anchor_url=SecretStr("https://h/hunter2")))
