"""What a client may take its time for, and how much it may send before it makes sense."""

import asyncio
import socket
from collections.abc import Callable

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from vivavoce.server.transport.admission import Admission, Patience
from vivavoce.server.transport.http1 import FRAGMENTS, FRUITLESS, MAX_HEADERS, PINGS, PIPELINED
from vivavoce.testing.small_app import Address, serving, until

pytestmark = pytest.mark.anyio

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
BEGUN = b"GET / HTTP/1.1\r\nhost: x\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
MORE = bytes(1000).replace(b"\0", b"a")


def hasty(**seconds: float) -> Admission:
    return Admission(patience=Patience(**seconds))


async def told(address: Address, *pieces: bytes) -> bytes:
    """All that is said to a client that sends these, a read apart, and then waits."""
    reader, writer = await asyncio.open_connection(*address)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "begun",
    [b"G", BEGUN, BEGUN + b"x-long: " + MORE, REQUEST + BEGUN],
    ids=["method", "header", "value", "second request"],
)
async def test_headers_that_do_not_end(begun: bytes) -> None:
    async with serving(hasty(headers=0.05)) as served:
        assert b"HTTP/1.1 408 Request Timeout\r\n" in await told(served.address, begun)
        assert b"200 OK" in await told(
            served.address, REQUEST.replace(b"x\r", b"x\r\nconnection: close\r")
        )


async def test_empty_lines_are_no_request() -> None:
    async with serving(hasty(headers=0.05)) as served:
        assert await told(served.address, b"\r\n\r\n") == b""
        answer = await told(served.address, REQUEST, b"\r\n")
        assert (answer.count(b"HTTP/1.1"), answer[9:12]) == (1, b"200")


async def test_an_answer_is_waited_for_longer_than_headers() -> None:
    async with serving(hasty(headers=0.05)) as served:
        reader, writer = await asyncio.open_connection(*served.address)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n1")
        await asyncio.sleep(0.2)
        writer.write(b"2")
        assert (await reader.readuntil(b"POST 2")).startswith(b"HTTP/1.1 200")
        writer.close()


@pytest.mark.parametrize(
    "endless",
    [
        lambda: [BEGUN, *(b"x-%d: " % n + MORE + b"\r\n" for n in range(2 * MAX_HEADERS // 1000))],
        lambda: [BEGUN + b"x: ", *[MORE] * (2 * FRUITLESS // 1000)],
        lambda: [b"GET /", *[MORE] * (2 * FRUITLESS // 1000)],
        lambda: [BEGUN + b"x: " + MORE * 100 + b"\r\n\r\n"],
    ],
    ids=["headers", "value", "address", "at once"],
)
async def test_headers_that_are_too_large(endless: Callable[[], list[bytes]]) -> None:
    async with serving(Admission()) as served:
        answer = await told(served.address, *endless())
        assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")
        await served.emptied()


async def test_an_address_that_is_too_long_is_said() -> None:
    async with serving(Admission()) as served:
        for size, said in ((MAX_HEADERS, b"414 URI Too Long"), (60_000, b"404 Not Found")):
            long = b"GET /" + bytes(size).replace(b"\0", b"a")
            answer = await told(served.address, long, b" HTTP/1.1\r\nconnection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 " + said)


async def test_too_large_is_said() -> None:
    async with serving(Admission()) as served:
        answer = await told(served.address, BEGUN + b"x: " + MORE * 66 + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 431 ")
        answer = await told(served.address, BEGUN + b"x: " + MORE * 66)
        assert answer.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "endless",
    [
        lambda: [CHUNKED + b"0\r\n", *(b"x-%d: " % n + MORE + b"\r\n" for n in range(200))],
        lambda: [CHUNKED + b"0\r\nx: ", *[MORE] * 200],
        lambda: [CHUNKED + b"1;x=", *[MORE] * 200],
    ],
    ids=["trailers", "trailer", "extension"],
)
async def test_bodies_that_have_no_end_and_nothing_in_them(
    endless: Callable[[], list[bytes]],
) -> None:
    async with serving(Admission()) as served:
        answer = await told(served.address, *endless())
        assert answer == b"" or answer[9:12] in (b"431", b"400")
        await served.emptied()


async def test_requests_that_queue_behind_one() -> None:
    async with serving(Admission()) as served:
        waits = REQUEST.replace(b"/ ", b"/waits ")
        assert await told(served.address, waits + REQUEST * (PIPELINED + 2)) == b""
        answers = await told(
            served.address, REQUEST * PIPELINED + BEGUN + b"connection: close\r\n\r\n"
        )
        assert answers.count(b"HTTP/1.1 200 OK") == PIPELINED + 1


async def test_an_answer_that_nobody_reads() -> None:
    async with serving(hasty(stalled=0.1)) as served:
        sock = await slow(served.address)
        await asyncio.get_running_loop().sock_sendall(sock, REQUEST.replace(b"/ ", b"/much "))
        await until(lambda: served.admission.places)
        await served.emptied()
        sock.close()


async def test_a_websocket_that_nobody_reads() -> None:
    async with serving(hasty(stalled=0.1)) as served:
        sock, _ = await upgraded(served.address, "/torrent")
        await served.emptied()
        sock.close()


async def test_pings_of_who_does_not_read() -> None:
    async with serving(Admission()) as served:
        sock, line = await upgraded(served.address, "/torrent")
        (place,) = served.admission.places
        transport = place.transport
        assert isinstance(transport, asyncio.Transport)
        await until(lambda: transport.get_write_buffer_size() > 1 << 16)
        for _ in range(2 * PINGS):
            line.send_ping(b"there?")
        await asyncio.get_running_loop().sock_sendall(sock, b"".join(line.data_to_send()))
        await served.emptied()
        sock.close()


async def test_a_message_in_endless_fragments() -> None:
    async with serving(Admission()) as served:
        sock, line = await upgraded(served.address, "/echo")
        line.send_text(b"", fin=False)
        for _ in range(FRAGMENTS + 1):
            line.send_continuation(b"", fin=False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(sock, b"".join(line.data_to_send()))
        while data := await loop.sock_recv(sock, 4096):
            line.receive_data(data)
        closed = [frame for frame in line.events_received() if isinstance(frame, Frame)]
        assert [frame.opcode for frame in closed] == [Opcode.CLOSE]
        assert line.close_rcvd is not None
        assert line.close_rcvd.code == 1009
        sock.close()


async def slow(address: Address) -> socket.socket:
    """A connection that takes little before somebody reads from it."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, address)
    return sock


async def upgraded(address: Address, path: str) -> tuple[socket.socket, ClientProtocol]:
    """A WebSocket, and the machine that makes its frames. No byte more than its answer is read."""
    loop = asyncio.get_running_loop()
    line = ClientProtocol(parse_uri(f"ws://{address[0]}:{address[1]}{path}"))
    line.send_request(line.connect())
    sock = await slow(address)
    await loop.sock_sendall(sock, b"".join(line.data_to_send()))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += await loop.sock_recv(sock, 1)
    line.receive_data(answer)
    line.events_received()
    return sock, line
