"""What one server asks of the one that has a session, and its answer: bytes, by way of Redis.

So servers need not know each other's addresses, nor reach each other. A call goes into the list
`vivavoce:calls:<server>`, its answer into `vivavoce:answer:<call>`; neither outlives `LIMIT`.
"""

import asyncio
import secrets
from typing import Any, Final

import msgspec
import structlog

from vivavoce.core.errors import Held
from vivavoce.live.replicas.ending import end
from vivavoce.live.replicas.port import Ask
from vivavoce.live.replicas.redis_log import RedisError, connect

log = structlog.get_logger()

LIMIT: Final = 20
"""Seconds for an answer; the longest that a live request may take."""

AT_ONCE: Final = 64
"""Calls that are answered at a time; more wait."""

AGAIN: Final = 1.0
"""Seconds until Redis is asked again after it failed."""


class _Call(msgspec.Struct, frozen=True):
    id: str
    payload: bytes


class Calls:
    """Of one server, which is called by its name."""

    def __init__(self, url: str, name: str) -> None:
        # For every call a connection that waits: the library has as many as are asked for.
        self._redis: Any = connect(url, patience=LIMIT + 5)
        self._name = name
        self._room = asyncio.Semaphore(AT_ONCE)
        self._answering: set[asyncio.Task[None]] = set()

    async def ask(self, name: str, payload: bytes) -> bytes:
        """What that server answers. Raises `Held` when it does not."""
        call = _Call(secrets.token_hex(12), payload)
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.rpush(_calls(name), msgspec.msgpack.encode(call))
                pipe.expire(_calls(name), LIMIT)
                await pipe.execute()
            found = await self._redis.blpop([_answer(call.id)], timeout=LIMIT)
        except RedisError as error:
            raise Held("The server with this session cannot be asked; try again.") from error
        if found is None:
            raise Held("The server with this session does not answer; try again.")
        return bytes(found[1])

    async def serve(self, answer: Ask) -> None:
        """Answer whoever calls this server, until cancelled. `answer` raises nothing."""
        while True:
            try:
                async with self._room:
                    found = await self._redis.blpop([_calls(self._name)], timeout=LIMIT)
                if found is not None:
                    call = msgspec.msgpack.decode(found[1], type=_Call)
                    task = asyncio.create_task(self._answer(call, answer))
                    self._answering.add(task)
                    task.add_done_callback(self._answering.discard)
            except RedisError as error:
                log.warning("cannot hear other servers", reason=str(error))
                await asyncio.sleep(AGAIN)

    async def close(self) -> None:
        await end(*self._answering)
        await self._redis.aclose()

    async def _answer(self, call: _Call, answer: Ask) -> None:
        async with self._room:
            said = await answer(call.payload)
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.rpush(_answer(call.id), said)
                pipe.expire(_answer(call.id), LIMIT)
                await pipe.execute()
        except RedisError as error:
            log.warning("cannot answer another server", reason=str(error))


def _calls(name: str) -> str:
    return f"vivavoce:calls:{name}"


def _answer(call: str) -> str:
    return f"vivavoce:answer:{call}"
