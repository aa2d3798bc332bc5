"""Chromium's own WebRTC against the real server, as docs/reference/webrtc.md has it."""

import re

import jiwer
from playwright.sync_api import Page

from vivavoce.testing.process import ServerProcess

SAID = "produced the block books which were the immediate predecessors of the true printed book"

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
    text = " ".join(re.findall(r"[a-z]+", page.evaluate(TEXT).lower()))
    assert jiwer.wer(SAID, text) < 0.3, text
