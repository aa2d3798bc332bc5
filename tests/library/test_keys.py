"""Keys, in real databases."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from vivavoce.core.errors import NotFound, PeerError
from vivavoce.library.database import Tables
from vivavoce.library.keys import (
    BATCH,
    Key,
    Keys,
    Limits,
    Scope,
    id_of,
    key_hash,
    named,
    new_key,
)
from vivavoce.library.schema import keys as table
from vivavoce.library.schema import principals
from vivavoce.library.sql import SqlRepository

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def keys(tables: Tables) -> Keys:
    return Keys(tables)


def made(owner: str = "ada", scopes: tuple[Scope, ...] = ("read",)) -> tuple[Key, str]:
    id, text = new_key()
    hashed = key_hash(text)
    key = Key(id=id, owner=owner, name="a", sha256=hashed, scopes=scopes, created_at=NOON)
    return key, text


def test_a_key_is_long_and_one_word() -> None:
    id, text = new_key()
    assert re.fullmatch(r"vv_[a-z0-9]{12}_[A-Za-z0-9]{40}", text)
    assert id_of(text) == id
    assert new_key()[1] != text


@pytest.mark.parametrize(
    "text", ["", "vv_", "vv_a_b", "sk-1234", "vv_" + "a" * 12 + "_" + "b" * 41, "vv_ä" * 20]
)
def test_what_is_no_key_has_no_id(text: str) -> None:
    assert id_of(text) is None


async def test_it_is_found_as_it_was_made_and_its_secret_is_not_kept(
    keys: Keys, tables: Tables
) -> None:
    key, text = made(scopes=("transcribe", "manage"))
    limits = Limits(connections=2, minutes=60)
    key = Key(**{f: getattr(key, f) for f in key.__struct_fields__} | {"limits": limits})
    await keys.add(key)
    assert await keys.find([key.id]) == [key]
    async with tables.read() as db:
        kept = str((await db.execute(select(table))).all())
        owners = [row.id for row in await db.execute(select(principals))]
    assert key.id in kept
    assert text not in kept
    assert text.rpartition("_")[2] not in kept
    assert owners == ["ada"]


async def test_several_are_found_at_once(keys: Keys) -> None:
    some = [made()[0] for _ in range(3)]
    for key in some:
        await keys.add(key)
    strangers = [new_key()[0] for _ in range(BATCH)]
    found = await keys.find([some[0].id, *strangers, some[2].id])
    assert {key.id for key in found} == {some[0].id, some[2].id}
    assert await keys.find([]) == []
    assert {key.id for key in await keys.all()} == {key.id for key in some}


async def test_it_is_revoked_once(keys: Keys) -> None:
    key, _ = made()
    await keys.add(key)
    assert (await keys.revoke(key.id, NOON)).revoked_at == NOON
    later = await keys.revoke(key.id, NOON + timedelta(hours=1))
    assert later.revoked_at == NOON
    with pytest.raises(NotFound, match="no key"):
        await keys.revoke("nobody", NOON)


async def test_its_last_use_is_kept(keys: Keys) -> None:
    key, _ = made()
    await keys.add(key)
    await keys.used(key.id, NOON)
    await keys.used("nobody", NOON)
    assert [found.last_used_at for found in await keys.all()] == [NOON]


async def test_all_processes_know_the_same_secret(keys: Keys, another: SqlRepository) -> None:
    both = keys, Keys(another.tables)
    found = await asyncio.gather(*(one.secret("tokens") for one in both * 3))
    assert len(set(found)) == 1
    assert len(found[0]) == 32
    assert await keys.secret("something else") != found[0]


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "x" * 65, "\u202eada"])
def test_what_can_be_no_name(text: str) -> None:
    with pytest.raises(PeerError, match="1 to 64"):
        named(text, "A key's name")


def test_a_name_has_no_spaces_around_it() -> None:
    assert named(" Ada L. ", "An owner") == "Ada L."


async def test_they_are_for_their_library(library: SqlRepository) -> None:
    assert await Keys(library.tables).all() == []
