"""WebRTC where it cannot be had. What peers do is in tests/vendors/test_webrtc.py."""

import sys

import httpx2
import pytest
from fastapi import FastAPI

from vivavoce.server.protocols import webrtc

pytestmark = pytest.mark.anyio


@pytest.fixture
async def site(app: FastAPI) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test")


async def test_without_the_extra_it_says_what_to_install(
    site: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "vivavoce.server.protocols.webrtc_peer", raising=False)
    monkeypatch.setitem(sys.modules, "aiortc", None)
    answer = await site.post("/webrtc/offer", json={"sdp": "v=0"})
    assert answer.status_code == 501
    assert answer.json()["error"] == {
        "code": "not_installed",
        "message": "WebRTC is not installed: pip install 'vivavoce[webrtc]'.",
        "retryable": False,
    }


async def test_peers_are_bounded(site: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webrtc, "PEERS", 0)
    answer = await site.post("/webrtc/offer", json={"sdp": "v=0"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "full")
