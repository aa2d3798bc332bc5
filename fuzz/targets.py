"""What reads strangers' bytes, each as a function of bytes.

Each may refuse them by an error of ours for peers, and by no other. What takes a stream is also
held to saying the same however the stream is cut.
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from engineio.payload import Payload
from h2.events import RequestReceived
from h2.exceptions import ProtocolError

from vivavoce.audio.sniff import foreign, sniff
from vivavoce.bench.diarized import read_rttm
from vivavoce.core.errors import PeerError
from vivavoce.dialects import eventstream, native_messages
from vivavoce.dialects.aws_poc import AwsPocDialect
from vivavoce.dialects.aws_transcribe import AwsTranscribeDialect
from vivavoce.dialects.aws_transcribe_options import of_headers, read
from vivavoce.dialects.azure_app import AzureAppDialect
from vivavoce.dialects.azure_speech import AzureSpeechDialect
from vivavoce.dialects.base import Dialect, Wire
from vivavoce.dialects.live_server import LiveServerDialect
from vivavoce.dialects.native import NativeDialect
from vivavoce.dialects.openai_realtime import OpenAIRealtimeDialect
from vivavoce.dialects.wav import read_wav
from vivavoce.dialects.wyoming import Model, WyomingDialect
from vivavoce.server.auth.credentials import find, scrubbed
from vivavoce.server.bodies.multipart import read_form
from vivavoce.server.names import attachment, media_type, title_of_file
from vivavoce.server.protocols.socketio import Packet
from vivavoce.server.rest.ranges import wanted
from vivavoce.server.transport.http2 import PREFACE, machine
from vivavoce.server.transport.http2_frames import Flood, Frames
from vivavoce.server.transport.http2_stream import BadRequest, scope_of

Target = Callable[[bytes], None]

SESSION: Final = UUID(int=0)
AMAZON: Final = {"language-code": "en-US", "sample-rate": "16000", "media-encoding": "pcm"}
CONTENT: Final = "multipart/form-data; boundary=x"


def kinds(data: bytes) -> None:
    sniff(data)
    foreign(data)


def wav(data: bytes) -> None:
    format, samples = read_wav(b"RIFF\0\0\0\0WAVE" + data)
    assert len(samples) % format.frame_bytes == 0


def event_stream(data: bytes) -> None:
    frames = eventstream.Frames()
    for piece in cut(data):
        frames.feed(piece)
        while frames.next() is not None:
            pass


def native_frame(data: bytes) -> None:
    native_messages.unpack_frame(data)


def native_batch(data: bytes) -> None:
    for _ in native_messages.unpack_batch(data):
        pass


def form(data: bytes) -> None:
    """A whole form begins right; what follows is anything."""

    async def body() -> AsyncIterator[bytes]:
        for piece in cut(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + data):
            yield piece

    async def read_all() -> int:
        return sum([1 async for _ in read_form(CONTENT, body())])

    run(read_all())


def content_type(data: bytes) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield data

    async def read_all() -> int:
        text = "multipart/form-data; " + data.decode("latin-1")
        return sum([1 async for _ in read_form(text, body())])

    run(read_all())


def http2(data: bytes) -> None:
    frames, peer = Frames(time.monotonic), machine()
    peer.initiate_connection()
    with suppress(ProtocolError, Flood):
        peer.receive_data(PREFACE)
        for piece in cut(data):
            for event in peer.receive_data(frames.feed(piece)):
                if isinstance(event, RequestReceived):
                    with suppress(BadRequest):
                        scope_of(event.headers, "")
            peer.data_to_send()


def socket_io(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with suppress(ValueError, TypeError, LookupError):  # what its server answers with a 400
        Packet(encoded_packet=text)
    with suppress(ValueError, TypeError, LookupError):
        Payload(encoded_payload=text)


def rttm(data: bytes) -> None:
    with suppress(ValueError):
        read_rttm(data.decode("utf-8", "replace").splitlines())


def names(data: bytes) -> None:
    text = data.decode("latin-1")
    title = title_of_file(text) or "x"
    assert "/" not in title
    assert "\\" not in title
    header = attachment(text, ".txt")
    assert header.isascii()
    assert header.isprintable()
    assert media_type(text, text).isascii()


def byte_range(data: bytes) -> None:
    with suppress(ValueError):
        span = wanted(data.decode("latin-1"), 1000)
        assert span is None or 0 <= span[0] < span[1] <= 1000


def credential(data: bytes) -> None:
    name, _, value = data.partition(b":")
    find(
        [(name.lower(), value), (b"authorization", value), (b"cookie", value)],
        value,
        [name.decode("latin-1")],
    )
    scrubbed(data)


def amazon_headers(data: bytes) -> None:
    pairs = (line.partition("=") for line in data.decode("latin-1").split("\n"))
    asked = {name: value for name, _, value in pairs}
    read({**AMAZON, **asked}, SESSION)
    read(of_headers(asked), SESSION)


def dialect(new: Callable[[], Dialect], *, binary: bool = True, text: bool = True) -> Target:
    """What a connection hears: a byte says whether the next message is text, and how long."""

    def target(data: bytes) -> None:
        peer = new()
        for wire in messages(data, binary=binary, text=text):
            peer.receive(wire)

    return target


def messages(data: bytes, *, binary: bool, text: bool) -> Iterator[Wire]:
    at = 0
    while at < len(data):
        size = 4 * data[at] or len(data)
        piece = data[at + 1 : at + 1 + size]
        as_text = text and (not binary or bool(data[at] & 1))
        yield piece.decode("utf-8", "replace") if as_text else piece
        at += 1 + size


TARGETS: Final[dict[str, Target]] = {
    "kinds": kinds,
    "wav": wav,
    "event_stream": event_stream,
    "native_frame": native_frame,
    "native_batch": native_batch,
    "form": form,
    "content_type": content_type,
    "http2": http2,
    "socket_io": socket_io,
    "rttm": rttm,
    "names": names,
    "byte_range": byte_range,
    "credential": credential,
    "amazon_headers": amazon_headers,
    "native": dialect(NativeDialect),
    "openai_realtime": dialect(lambda: OpenAIRealtimeDialect("x")),
    "azure_speech": dialect(lambda: AzureSpeechDialect("x", time.monotonic)),
    "azure_app": dialect(AzureAppDialect, binary=False),
    "live_server": dialect(lambda: LiveServerDialect("x", time.monotonic)),
    "aws_poc": dialect(AwsPocDialect),
    "amazon": dialect(lambda: AwsTranscribeDialect(read(AMAZON, SESSION)), text=False),
    "wyoming": dialect(lambda: WyomingDialect([Model("m", "M", ("en",))], "1"), text=False),
}


def tried(target: Target, data: bytes) -> None:
    """Raises whatever a peer may not be able to raise."""
    with suppress(PeerError):
        target(data)


def cut(data: bytes) -> Iterable[bytes]:
    """In three pieces, whose borders the bytes themselves say."""
    first = data[0] if data else 0
    return data[:first], data[first : 2 * first], data[2 * first :]


def run(work: Any) -> None:
    """A coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration:
        return
    finally:
        work.close()
    raise AssertionError("it waits")


SEEDS: Final[dict[str, tuple[bytes, ...]]] = {
    "event_stream": (eventstream.pack(eventstream.Message({":a": "b"}, b"{}")),),
    "amazon": (
        b"\0" + eventstream.pack(eventstream.Message({":event-type": "AudioEvent"}, b"12")),
    ),
    "native": (b'\x51{"type": "start", "format": {"encoding": "pcm_s16le"}}',),
    "form": (
        b"1\r\n--x--\r\n",
        b'1\r\n--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n2',
    ),
    "wyoming": (
        b'\0{"type": "audio-start", "data": {"rate": 16000, "width": 2, "channels": 1}}\n',
    ),
    "http2": (b"\0\0\0\4\0\0\0\0\0", b"\0\0\5\1\5\0\0\0\1\x82\x86\x84\x41\0"),
    "openai_realtime": (b'\x51{"type": "input_audio_buffer.append", "audio": "AAAA"}',),
    "azure_speech": (b"\x51Path:speech.config\r\nX-RequestId:1\r\n\r\n{}",),
    "socket_io": (
        b'42["start_transcription",{}]',
        b"0{}",
        b'451-["a",{"_placeholder":true,"num":0}]',
    ),
    "wav": (b"fmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\2\0\0\0ab",),
}
"""From which a search may begin: bytes that mean something."""
