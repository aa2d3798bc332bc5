"""Who of several engines decodes a session."""

import pytest
from msgspec.structs import replace

from vivavoce.core.errors import BadMessage, EngineError
from vivavoce.engines.base import Capabilities
from vivavoce.engines.fake import Scripted
from vivavoce.live.breaker import FIRST, Breaker
from vivavoce.live.chain import Chain
from vivavoce.live.host_process import HostDied
from vivavoce.live.hosts import Hosts
from vivavoce.testing.local import LocalHosts

LANGUAGES = {"english": ("en",), "german": ("de",), "any": ("*",), "other": ("*",)}


class Pools:
    """Engines that are there at once, and a clock."""

    def __init__(self, *unloaded: str) -> None:
        self.now = 0.0
        self.unloaded = set(unloaded)
        self.broken: set[str] = set()
        self.woken: list[str] = []
        self._breakers: dict[str, Breaker] = {}

    def capabilities(self, name: str) -> Capabilities:
        if name not in LANGUAGES:
            raise EngineError(f"{name} cannot be used here.")
        return replace(Scripted.capabilities, name=name, languages=LANGUAGES[name])

    def breaker(self, name: str) -> Breaker:
        return self._breakers.setdefault(name, Breaker(lambda: self.now))

    def loaded(self, name: str) -> bool:
        return name not in self.unloaded

    def wake(self, name: str) -> None:
        self.woken.append(name)

    async def get(self, name: str) -> Hosts:
        if name in self.broken:
            raise EngineError(f"{name} will not load.")
        self.unloaded.discard(name)
        return LocalHosts("scripted")


ERROR = EngineError("No.")


def test_the_first_is_preferred() -> None:
    assert Chain(Pools(), ["any", "other"]).pick(None) == "any"


def test_one_that_failed_has_its_next_turn_after_a_final() -> None:
    chain = Chain(Pools(), ["any", "other"])
    chain.failed("any", ERROR)
    assert chain.pick(None) == "other"
    assert chain.better("other", None) is None
    chain.decided("other")
    assert chain.better("other", None) == "any"
    assert chain.better("any", None) is None


def test_when_all_failed_there_is_nobody_until_they_get_another_turn() -> None:
    chain = Chain(Pools(), ["any", "other"])
    chain.failed("any", EngineError("It is tired."))
    chain.failed("other", ERROR)
    assert chain.pick(None) is None
    assert str(chain.trouble) == "It is tired."
    assert chain.wait == 0
    chain.again()
    assert chain.pick(None) == "any"


def test_what_failed_one_session_is_tried_by_others_unless_it_was_grave() -> None:
    pools = Pools()
    one, other = Chain(pools, ["any", "other"]), Chain(pools, ["any", "other"])
    one.failed("any", ERROR)
    assert other.pick(None) == "any"
    other.failed("any", HostDied("It died."))
    third = Chain(pools, ["any", "other"])
    assert third.pick(None) == "other"
    pools.now += FIRST
    assert third.better("other", None) == "any"
    assert one.better("other", None) is None


def test_a_single_one_that_is_open_is_waited_for() -> None:
    pools = Pools()
    chain = Chain(pools, ["any"])
    chain.failed("any", HostDied("It died."))
    chain.again()
    assert chain.pick(None) is None
    assert chain.wait == FIRST
    pools.now += FIRST
    assert chain.wait == 0
    assert chain.pick(None) == "any"


def test_those_that_do_not_know_the_language_are_passed_over() -> None:
    chain = Chain(Pools(), ["english", "german", "any"])
    assert chain.pick(None) == chain.pick("en-GB") == "english"
    assert chain.pick("de") == "german"
    assert chain.pick("fr") == "any"
    assert chain.better("any", "fr") is None
    assert chain.better("any", "de") == "german"
    assert chain.unfit("english", "de")
    assert not chain.unfit("any", "de")


def test_a_language_that_nobody_knows_is_refused_but_the_operators_stands() -> None:
    chain = Chain(Pools(), ["english", "german"])
    chain.check_language("de")
    with pytest.raises(BadMessage, match="understands en, not fr"):
        chain.check_language("fr")
    assert chain.pick("fr") == "english"
    assert not chain.unfit("english", "fr")


def test_one_that_cannot_be_used_here_is_passed_over() -> None:
    chain = Chain(Pools(), ["missing", "english"])
    chain.check_language("en")
    assert chain.pick(None) == "english"


def test_one_that_is_not_loaded_is_loaded_beside_and_nobody_waits() -> None:
    pools = Pools("any")
    chain = Chain(pools, ["any", "other"])
    assert chain.pick(None) == "other"
    assert pools.woken == ["any"]
    chain.decided("other")
    assert chain.better("other", None) is None
    pools.unloaded.clear()
    assert chain.better("other", None) == "any"


def test_one_that_would_not_load_is_not_loaded_again_at_once() -> None:
    pools = Pools("any")
    chain = Chain(pools, ["any", "other"])
    pools.breaker("any").failed("It will not load.", grave=True)
    assert chain.pick(None) == "other"
    assert pools.woken == []
    pools.now += FIRST
    assert chain.better("other", None) is None
    assert pools.woken == ["any"]


@pytest.mark.anyio
async def test_a_session_begins_with_one_that_is_loaded_and_well() -> None:
    pools = Pools("other")
    chain = Chain(pools, ["english", "any", "other"])
    assert await chain.first(None) == "english"
    pools.breaker("english").failed("It died.", grave=True)
    assert await chain.first(None) == "any"
    assert await chain.first("en") == "any"
    pools.breaker("any").failed("It died.", grave=True)
    assert await chain.first(None) == "english"
    pools.now += FIRST
    assert await chain.first(None) == "english"
    assert chain.pick(None) == "english", "to begin is not to try"


@pytest.mark.anyio
async def test_where_none_is_loaded_one_is_and_where_none_can_be_it_is_said_why() -> None:
    pools = Pools("any", "other")
    pools.broken = {"any"}
    assert await Chain(pools, ["any", "other"]).first(None) == "other"
    with pytest.raises(EngineError, match="any will not load"):
        await Chain(pools, ["any"]).first(None)
