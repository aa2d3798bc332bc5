"""How long a search takes in a large library.

    python -m benchmarks.search [--recordings 1000] [--words 5000] [--queries 200] [--folder DIR]
                                [--database-url postgresql://...]

Recordings of made-up words, as common and as rare as those of a language (Zipf's law over 30,000
words), are kept as sealed sessions are. Then a real server is asked over HTTP, one query at a
time: for rare words, common ones, phrases that were said, beginnings of words of one letter and
more, and for the list of what mentions a word. A query is not asked twice. Times are those that
a client measures, from the request to the last byte of the answer. With `--folder` the library
is kept there, and used again. With `--database-url` it is in PostgreSQL, in a database that is
empty, or was filled here before.
"""

import argparse
import asyncio
import itertools
import json
import platform
import random
import statistics
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from vivavoce.core.events import AnyEvent, Ended, Numbered, Started
from vivavoce.core.events import Final as Said
from vivavoce.core.types import SAMPLE_RATE, AudioFormat, Word
from vivavoce.library.recording import Changes, Recording, new_id
from vivavoce.library.sql import FILE, SqlRepository
from vivavoce.testing.process import ServerProcess, running

VOCABULARY: Final = 30_000
VOWELS: Final = "aeiou"
CONSONANTS: Final = "bcdfgklmnprstv"
BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)


def vocabulary(chance: random.Random) -> list[str]:
    """Words, the most common first; the common ones are short."""
    syllables = [first + second for first in CONSONANTS for second in VOWELS]
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        most = 2 + len(found) // 500
        found["".join(chance.choices(syllables, k=chance.randint(1, most)))] = None
    return list(found)


def talk(words: list[str], chance: random.Random) -> Iterator[Said]:
    """The words as utterances of 5 ... 25, two and a half a second."""
    left, n, at = words, 0, 0
    while left:
        n += 1
        size = chance.randint(5, 25)
        now, left = left[:size], left[size:]
        length = SAMPLE_RATE * 2 // 5
        placed = tuple(
            Word(word, at + i * length, at + (i + 1) * length, 0.9) for i, word in enumerate(now)
        )
        end = at + len(now) * length
        text = " ".join(now).capitalize() + "."
        yield Said(id=f"u{n}", start=at, end=end, text=text, engine="e", model="m", words=placed)
        at = end + SAMPLE_RATE // 2


async def filled(folder: Path, url: str | None) -> bool:
    """Whether there are recordings already."""
    library = await SqlRepository.open(folder, url)
    try:
        return bool((await library.page("local", limit=1)).items)
    finally:
        await library.close()


async def fill(
    folder: Path, url: str | None, recordings: int, words: int, chance: random.Random
) -> list[str]:
    """Keep so many recordings; the words of the language."""
    known = vocabulary(chance)
    weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(VOCABULARY)))
    library = await SqlRepository.open(folder, url)
    for n in range(recordings):
        chosen = chance.choices(known, cum_weights=weights, k=words)
        id = new_id()
        at = BEGAN + timedelta(hours=n)
        await library.create(
            Recording(id=id, owner="local", title=f"Talk {n}", created_at=at, state="live")
        )
        said = list(talk(chosen, chance))
        began = Started(session=id, engine="e", format=AudioFormat())
        log: list[AnyEvent] = [began, *said, Ended(reason="finished", duration=said[-1].end)]
        numbered = [Numbered(n, 1, event) for n, event in enumerate(log, 1)]
        await library.seal(id, numbered, Changes(state="done", reason="finished"))
    await library.close()
    return known


def queries(known: list[str], asked: int, chance: random.Random) -> dict[str, list[str]]:
    """So many of each kind, none twice."""
    common = known[:200]
    pairs = [f'"{a} {b}"' for a, b in itertools.permutations(known[:40], 2)]
    begun = [word[:n] for word in known[:3000] for n in range(1, 5)]
    return {
        "a rare word": [f'"{word}"' for word in chance.sample(known[20_000:], asked)],
        "a common word": [f'"{word}"' for word in chance.sample(common, asked)],
        "a phrase": chance.sample(pairs, asked),
        "two common words": [" ".join(chance.sample(common, 2)) + " " for _ in range(asked)],
        "the beginning of a word": chance.sample(sorted(set(begun)), asked),
        "the list of what mentions it": chance.sample(common, asked),
    }


def ask(server: ServerProcess, kind: str, query: str) -> float:
    """Seconds until the whole answer is here, which has something in it."""
    path = "recordings" if kind.startswith("the list") else "search"
    url = f"{server.url}api/v1/{path}?{urllib.parse.urlencode({'q': query})}"
    began = time.perf_counter()
    with urllib.request.urlopen(url, timeout=60) as answer:
        body = answer.read()
    took = time.perf_counter() - began
    if not json.loads(body)["items"] and not kind.startswith("two"):
        raise SystemExit(f"nothing was found for {query}")
    return took


def show(kind: str, times: list[float]) -> None:
    parts = statistics.quantiles(times, n=20)
    half, most = 1000 * statistics.median(times), 1000 * max(times)
    print(f"| {kind} | {len(times)} | {half:.1f} | {1000 * parts[-1]:.1f} | {most:.1f} |")


def measure(
    folder: Path, url: str | None, known: list[str], asked: int, chance: random.Random
) -> None:
    """Print a table of what a server on this library takes."""
    print("| asked for | queries | P50 ms | P95 ms | slowest ms |")
    print("|---|---|---|---|---|")
    searched: list[float] = []
    where = {} if url is None else {"database_url": url}
    with running(ServerProcess(folder, engines="scripted", hosts=1, **where)) as server:
        for kind, wanted in queries(known, asked, chance).items():
            times = [ask(server, kind, query) for query in wanted]
            show(kind, times)
            searched += times if not kind.startswith("the list") else []
    show("all searches", searched)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=1000)
    parser.add_argument("--words", type=int, default=5000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--database-url")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder: Path = given.folder or Path(made)
        data = folder / "data"
        chance = random.Random(7)
        url = given.database_url
        if asyncio.run(filled(data, url)):
            known = vocabulary(chance)
        else:
            began = time.monotonic()
            known = asyncio.run(fill(data, url, given.recordings, given.words, chance))
            each = (time.monotonic() - began) / given.recordings
            print(f"kept {given.recordings} recordings of {given.words} words, {each:.2f} s each")
        if url is None:
            print(f"{(data / FILE).stat().st_size / 2**20:.0f} MiB")
        print(platform.platform())
        measure(folder, url, known, given.queries, random.Random(8))


if __name__ == "__main__":
    main()
