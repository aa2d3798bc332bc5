"""Tokens, and what they are worth."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from vivavoce.core.errors import BadCredentials
from vivavoce.library.keys import Keys
from vivavoce.library.sql import SqlRepository
from vivavoce.server.auth.keys import Keyring
from vivavoce.server.auth.principal import LOCAL, Principal
from vivavoce.server.auth.tokens import Tokens
from vivavoce.testing.keys import add_key

pytestmark = pytest.mark.anyio
SECRET = bytes(range(32))
HOUR = timedelta(hours=1)


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[SqlRepository]:
    repository = await SqlRepository.open(tmp_path)
    yield repository
    await repository.close()


@pytest.fixture
async def ring(library: SqlRepository) -> AsyncIterator[Keyring]:
    ring = Keyring(Keys(library.tables), clock=lambda: 0.0)
    yield ring
    await ring.close()


@pytest.fixture
def tokens(ring: Keyring) -> Tokens:
    return Tokens(SECRET, ring)


@pytest.fixture
async def ada(library: SqlRepository, ring: Keyring) -> Principal:
    return await ring.authenticate(await add_key(library.tables, "transcribe", "read", owner="ada"))


async def test_it_acts_for_its_key(tokens: Tokens, ada: Principal) -> None:
    text, expires = tokens.make(ada, HOUR)
    who = await tokens.read(text)
    assert (who.id, sorted(who.scopes), who.key) == ("ada", ["read", "transcribe"], ada.key)
    assert who.until == expires
    assert timedelta(0) < expires - datetime.now(UTC) <= HOUR
    assert not who.lasting


async def test_it_may_no_more_than_it_was_made_for(tokens: Tokens, ada: Principal) -> None:
    text, _ = tokens.make(ada, HOUR, scopes=frozenset({"read", "manage"}), recording="r")
    who = await tokens.read(text)
    assert (sorted(who.scopes), who.recording) == (["read"], "r")


async def test_one_made_of_another_is_no_more_than_that(tokens: Tokens, ada: Principal) -> None:
    first, expires = tokens.make(ada, HOUR, scopes=frozenset({"read"}), recording="r")
    second, until = tokens.make(await tokens.read(first), 2 * HOUR)
    who = await tokens.read(second)
    assert (sorted(who.scopes), who.recording, until) == (["read"], "r", expires)


async def test_it_dies_with_its_key(library: SqlRepository, tokens: Tokens, ada: Principal) -> None:
    text, _ = tokens.make(ada, HOUR)
    await Keys(library.tables).revoke(ada.key or "", datetime.now(UTC))
    another = Tokens(SECRET, Keyring(Keys(library.tables)))  # as another process of the server
    with pytest.raises(BadCredentials, match="revoked"):
        await another.read(text)


async def test_a_pages_is_for_a_page(tokens: Tokens, ada: Principal) -> None:
    page, _ = tokens.make(ada, HOUR, use="page")
    other, _ = tokens.make(ada, HOUR)
    assert (await tokens.read(page, page=True)).lasting
    for text, as_page in ((page, False), (other, True)):
        with pytest.raises(BadCredentials):
            await tokens.read(text, page=as_page)


async def test_openais_begins_otherwise_and_outlives_itself(tokens: Tokens, ada: Principal) -> None:
    text, _ = tokens.make(ada, HOUR, use="connect")
    assert (await tokens.read(f"ek_{text}")).lasting


async def test_what_is_wrong_with_it(tokens: Tokens, ring: Keyring, ada: Principal) -> None:
    good, _ = tokens.make(ada, HOUR)
    head, body, signature = good.split(".")
    claims = {"sub": "ada", "key": ada.key, "scope": ["read"], "use": "api", "exp": 9e9}
    unsigned = f"eyJhbGciOiJub25lIn0.{body}."
    longer = jwt.encode({"alg": "HS512"}, claims, OctKey.import_key(SECRET), algorithms=["HS512"])
    for text in (
        "eyJ",
        f"{head}.{body}",
        f"{head}.{body}.{signature[:-2]}xx",
        unsigned,
        longer,
        Tokens(bytes(32), ring).make(ada, HOUR)[0],
        tokens.make(ada, -HOUR)[0],
        tokens.make(LOCAL, HOUR)[0],
    ):
        with pytest.raises(BadCredentials):
            await tokens.read(text)
