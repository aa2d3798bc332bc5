"""A page of Streamlit's that transcribes the visitor's microphone. Needs streamlit-webrtc.

usage: streamlit run streamlit_app.py      (SPEECH_SERVER names the server)
"""

import asyncio
import os
import queue
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import av

from vivavoce.client import Session, connect
from vivavoce.core.errors import VivavoceError
from vivavoce.core.events import Final, Interim
from vivavoce.core.types import SAMPLE_RATE

SERVER = os.environ.get("SPEECH_SERVER", "http://localhost:8000")
# Frames of 20 ms that may wait for the server; what comes then is dropped, and said. (Streamlit
# would show this on the page were it a string.)
WAITING = 600


@dataclass
class Shown:
    """What the page shows. One thread writes it, others read."""

    status: str = "Not connected."
    interim: str = ""
    history: list[tuple[datetime, str]] = field(default_factory=list)


class Transcriber:
    """A session with the server, in a thread of its own: Streamlit runs its page in others."""

    def __init__(self, server: str) -> None:
        self.shown = Shown()
        self._server = server
        self._pcm: queue.Queue[bytes] = queue.Queue(WAITING)
        self._resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()

    def feed(self, frame: av.AudioFrame) -> None:
        for part in self._resampler.resample(frame):
            try:
                self._pcm.put_nowait(part.to_ndarray().tobytes())
            except queue.Full:
                self.shown.status = "The server is too slow: some of what was said is missing."

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Returns when the last words are there."""
        with suppress(queue.Full):
            self._pcm.put(b"", timeout=10)
        self._thread.join()

    async def _run(self) -> None:
        self.shown.status = f"Connecting to {self._server} ..."
        try:
            async with connect(self._server) as session:
                self.shown.status = "Listening."
                sending = asyncio.create_task(self._send(session))
                await self._read(session)
                await sending
            self.shown.status = "Done."
        except VivavoceError as error:
            self.shown.status = error.message

    async def _send(self, session: Session) -> None:
        while pcm := await asyncio.to_thread(self._pcm.get):
            await session.send(pcm)
        await session.finish()

    async def _read(self, session: Session) -> None:
        async for event in session:
            if isinstance(event, Interim):
                self.shown.interim = event.stable + event.tail
            elif isinstance(event, Final) and event.text:
                self.shown.interim = ""
                self.shown.history.append((datetime.now(), event.text))


def lines(shown: Shown) -> str:
    """The history as Markdown, the newest first."""
    return "\n\n".join(f"`{at:%H:%M:%S}` {text}" for at, text in reversed(shown.history))


def listen(receiver: Any, transcriber: Transcriber, places: tuple[Any, Any, Any]) -> None:
    """Frames in, words out, while the visitor's microphone is on."""
    status, interim, history = places
    while True:
        try:
            for frame in receiver.get_frames(timeout=1):
                transcriber.feed(frame)
        except queue.Empty:
            return
        status.caption(transcriber.shown.status)
        interim.markdown(f"*{transcriber.shown.interim}*")
        history.markdown(lines(transcriber.shown))


def page() -> None:
    import streamlit as st
    from streamlit_webrtc import WebRtcMode, webrtc_streamer

    st.title("Live transcription")
    microphone = webrtc_streamer(
        key="microphone",
        mode=WebRtcMode.SENDONLY,
        audio_receiver_size=1024,
        media_stream_constraints={"audio": True, "video": False},
    )
    places = st.empty(), st.empty(), st.empty()
    state = st.session_state
    if microphone.audio_receiver:
        if "transcriber" not in state or state.transcriber.over:
            state.transcriber = Transcriber(SERVER)
        # Whatever the visitor does ends this call and runs the page again.
        listen(microphone.audio_receiver, state.transcriber, places)
    if "transcriber" in state:
        if not state.transcriber.over:
            state.transcriber.stop()
        places[0].caption(state.transcriber.shown.status)
        places[2].markdown(lines(state.transcriber.shown))


if __name__ == "__main__":
    page()
