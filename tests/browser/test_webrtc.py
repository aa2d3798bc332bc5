"""Chromium's own WebRTC against the real server, as docs/reference/webrtc.md has it."""

from playwright.sync_api import Page

from tests.browser.conftest import OF_THE_CLIP
from vivavoce.testing.process import ServerProcess

CONNECT = """async () => {
  window.told = [];
  const peer = new RTCPeerConnection();
  const channel = peer.createDataChannel("events");
  const hear = () => navigator.mediaDevices.getUserMedia({ audio: true });
  const first = (await hear()).getAudioTracks()[0];
  const sender = peer.addTrack(first);
  channel.onmessage = async ({ data }) => {
    const said = JSON.parse(data);
    told.push(said.event ?? said);
    if (said.type === "ready") {
      // The microphone plays its clip from the start, whenever it is opened.
      first.stop();
      await sender.replaceTrack((await hear()).getAudioTracks()[0]);
    }
  };
  window.finish = () => channel.send(JSON.stringify({ type: "finish" }));
  await peer.setLocalDescription(await peer.createOffer());
  await new Promise((done) => {
    if (peer.iceGatheringState === "complete") done();
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
  });
  const answer = await fetch("/webrtc/offer", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(peer.localDescription),
  });
  await peer.setRemoteDescription(await answer.json());
}"""
HAS = "(type) => told.some((said) => said.type === type)"
TEXT = """told.filter((said) => said.type === "final").map((said) => said.text).join(" ")"""


def test_sound_in_and_words_out(page: Page, server: ServerProcess) -> None:
    page.goto(server.url)
    page.evaluate(CONNECT)
    page.wait_for_function(HAS, arg="interim")
    page.wait_for_function(HAS, arg="final")
    page.evaluate("finish()")
    page.wait_for_function(HAS, arg="bye")
    text = page.evaluate(TEXT)
    assert OF_THE_CLIP.search(text), text
