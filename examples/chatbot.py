"""Talk with any OpenAI-compatible language model. Needs openai.

    vivavoce serve
    arecord -t raw -f S16_LE -r 16000 | python chatbot.py --llm http://localhost:11434/v1 --model M

Raw 16 kHz PCM is read from standard input; each utterance is asked as it becomes final. The key
is that in OPENAI_API_KEY, for models that want one.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator

from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from vivavoce.client import Session, connect
from vivavoce.core.events import Final

REMEMBERED = 40
"""Messages that the model is told again, besides who it is."""

PERSONA: ChatCompletionMessageParam = {
    "role": "system",
    "content": "You are being spoken to. Answer in a sentence or two, in plain words.",
}


class Chat:
    """A conversation with a model."""

    def __init__(self, llm: AsyncOpenAI, model: str) -> None:
        self._llm = llm
        self._model = model
        self._past: list[ChatCompletionMessageParam] = []

    async def ask(self, text: str) -> AsyncIterator[str]:
        """The answer, piece by piece."""
        self._past = [*self._past[-REMEMBERED:], {"role": "user", "content": text}]
        answer = ""
        async for chunk in await self._llm.chat.completions.create(
            model=self._model, messages=[PERSONA, *self._past], stream=True
        ):
            for choice in chunk.choices:
                answer += choice.delta.content or ""
                yield choice.delta.content or ""
        self._past.append({"role": "assistant", "content": answer})


async def hear(session: Session) -> None:
    while pcm := await asyncio.to_thread(sys.stdin.buffer.read, 3200):  # 100 ms
        await session.send(pcm)
    await session.finish()


async def main(server: str, llm: str, model: str) -> None:
    key = os.environ.get("OPENAI_API_KEY", "none")
    async with (
        AsyncOpenAI(base_url=llm, api_key=key) as client,
        connect(server, endpointing="conversation", interims=False) as session,
    ):
        chat = Chat(client, model)
        hearing = asyncio.create_task(hear(session))
        async for event in session:
            if isinstance(event, Final) and event.text:
                print(f"> {event.text}")
                async for piece in chat.ask(event.text):
                    print(piece, end="", flush=True)
                print()
        await hearing


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", default="http://localhost:8000")
    parser.add_argument("--llm", default="https://api.openai.com/v1", metavar="BASE_URL")
    parser.add_argument("--model", default="gpt-4o-mini")
    asked = parser.parse_args()
    asyncio.run(main(asked.server, asked.llm, asked.model))
