"""A webhook is told, and what it answers decides; against a real server."""

from __future__ import annotations

import pytest

from data.anchor_webhook import AnchorWebhook
from data.errors import AnchorError
from tests.hook_server import Hook


async def test_it_hears_the_very_bytes(hook: Hook) -> None:
    await AnchorWebhook(f"{hook.url}/told?by=hunter2").tell(b'{"number":1}\n')
    assert hook.heard == [b'{"number":1}\n']
    assert hook.heads[0].startswith("POST /told?by=hunter2 HTTP/1.1")
    assert "content-type: application/json" in hook.heads[0].lower()


@pytest.mark.parametrize("status", [200, 202, 299])
async def test_any_good_answer_will_do(hook: Hook, status: int) -> None:
    hook.says(status)
    await AnchorWebhook(hook.url).tell(b"x")
    assert hook.heard == [b"x"]


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 500, 503])
async def test_any_other_is_a_failure_and_nobody_is_followed(hook: Hook, status: int) -> None:
    hook.says(status)
    with pytest.raises(AnchorError, match=rf"The webhook {hook.url} answers {status}\."):
        await AnchorWebhook(f"{hook.url}/hunter2").tell(b"x")
    assert len(hook.heard) == 1


async def test_one_that_hangs_is_not_waited_for(hook: Hook) -> None:
    hook.answer = None
    with pytest.raises(AnchorError, match=r"does not answer within 0\.2 s"):
        await AnchorWebhook(hook.url, answer_s=0.2).tell(b"x")


async def test_one_that_is_away_is_said_without_its_password(hook: Hook) -> None:
    await hook.end()
    with pytest.raises(AnchorError, match="cannot be told: ConnectError") as caught:
        await AnchorWebhook(f"{hook.url}/hunter2").tell(b"x")
    assert "hunter2" not in str(caught.value)


async def test_one_that_speaks_no_http_is_said(hook: Hook) -> None:
    hook.answer = b"SSH-2.0-x\r\n"
    with pytest.raises(AnchorError, match="RemoteProtocolError"):
        await AnchorWebhook(hook.url).tell(b"x")


@pytest.mark.parametrize("url", ["https://", "https:///x", "https://h:99999/x", "https://[h/x"])
def test_one_without_a_host_is_refused(url: str) -> None:
    with pytest.raises(AnchorError, match="without a host"):
        AnchorWebhook(url)


def test_webhooks_are_told_apart_and_show_their_host_alone() -> None:
    one, other = AnchorWebhook("https://u:p@h.example:8443/a"), AnchorWebhook("https://h.example:8443/b")
    assert one.name == other.name == "https://h.example:8443"
    assert one.key != other.key == AnchorWebhook("https://h.example:8443/b").key
