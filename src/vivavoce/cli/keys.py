"""`vivavoce keys`: who may use the server, and what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from vivavoce.cli.console import show_table, stderr
from vivavoce.config import Settings, load_settings
from vivavoce.core.errors import SettingError
from vivavoce.library.keys import SCOPES, Key, Keys, Limits, Scope, key_hash, named, new_key
from vivavoce.library.sql import SqlRepository

app = typer.Typer(name="keys", no_args_is_help=True)

USUAL: tuple[Scope, ...] = ("transcribe", "read")

COLUMNS = ("Id", "Name", "Owner", "Scopes", "Limits", "Created", "Last used", "State")

Folder = Annotated[Path | None, typer.Option(help="Where recordings are kept.")]


@app.callback()
def keys() -> None:
    """Make, list and revoke the keys by which programs and people are known to a server."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What or who is to have it: kiosk, or ada.")],
    owner: Annotated[
        str | None, typer.Option(help="Whose recordings it is for. Without it: NAME's own.")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="transcribe, read or manage. Without it: the first two."),
    ] = None,
    expires: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Days until it expires.")
    ] = None,
    connections: Annotated[int | None, typer.Option(min=1, help="Connections at once.")] = None,
    requests: Annotated[int | None, typer.Option(min=1, help="Requests in a minute.")] = None,
    minutes: Annotated[int | None, typer.Option(min=1, help="Minutes of audio in a day.")] = None,
    upload_mb: Annotated[int | None, typer.Option(min=1, help="Largest upload in MiB.")] = None,
    data_dir: Folder = None,
) -> None:
    """Make a key and show it, which nobody can do again."""
    name = named(name, "A key's name")
    id, text = new_key()
    now = datetime.now(UTC)
    key = Key(
        id=id,
        owner=named(owner, "An owner") if owner is not None else name,
        name=name,
        sha256=key_hash(text),
        scopes=_scopes(scope),
        limits=Limits(
            connections=connections, requests=requests, minutes=minutes, upload_mb=upload_mb
        ),
        created_at=now,
        expires_at=None if expires is None else now + timedelta(days=expires),
    )
    asyncio.run(_add(key, load_settings(data_dir=data_dir)))
    typer.echo(text)
    explain = stderr().print
    explain(
        f"This key is shown now and never again. It may {', '.join(key.scopes)}, and what it "
        f"makes belongs to {key.owner}.",
        soft_wrap=True,
        markup=False,
    )


@app.command(name="list")
def list_(data_dir: Folder = None) -> None:
    """Show the keys there are; of each what it may, and never the key itself."""
    found = asyncio.run(_all(load_settings(data_dir=data_dir)))
    show_table(COLUMNS, [_row(key) for key in found])


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(help="The key's id, as `vivavoce keys list` shows it.")],
    data_dir: Folder = None,
) -> None:
    """Let nobody in by a key any more, and end its connections within seconds."""
    # Whoever has only the key itself may give that: its id is in it.
    wanted = id.split("_")[1] if id.startswith("vv_") and id.count("_") > 1 else id
    key = asyncio.run(_revoke(wanted, load_settings(data_dir=data_dir)))
    stderr().print(f"The key {key.id} ({key.name}) is revoked.", soft_wrap=True, markup=False)


def _scopes(asked: list[str] | None) -> tuple[Scope, ...]:
    """Each once, in the usual order; several may stand in one option, with commas."""
    names = {part.strip() for text in asked or USUAL for part in text.split(",")}
    if strange := names.difference(SCOPES):
        known = ", ".join(SCOPES)
        raise SettingError(f"There is no scope {min(strange)!r}; there are {known}.")
    return tuple(scope for scope in SCOPES if scope in names)


async def _add(key: Key, settings: Settings) -> None:
    async with _opened(settings) as kept:
        await kept.add(key)


async def _all(settings: Settings) -> list[Key]:
    async with _opened(settings) as kept:
        return await kept.all()


async def _revoke(id: str, settings: Settings) -> Key:
    async with _opened(settings) as kept:
        return await kept.revoke(id, datetime.now(UTC))


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Keys]:
    """Of the library, which is made where there is none: keys may come before the server."""
    repository = await SqlRepository.open(settings.data_dir, settings.database)
    try:
        yield Keys(repository.tables)
    finally:
        await repository.close()


def _row(key: Key) -> tuple[str, ...]:
    limits = (f"{name} {value}" for name, value in _set(key.limits))
    used = "" if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%d %H:%M}"
    scopes, created = ", ".join(key.scopes), f"{key.created_at:%Y-%m-%d}"
    return key.id, key.name, key.owner, scopes, ", ".join(limits), created, used, _state(key)


def _set(limits: Limits) -> list[tuple[str, int]]:
    named = ((name, getattr(limits, name)) for name in limits.__struct_fields__)
    return [(name, value) for name, value in named if value is not None]


def _state(key: Key) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
    if key.expires_at is None:
        return "good"
    expired = key.expires_at <= datetime.now(UTC)
    return f"{'expired' if expired else 'expires'} {key.expires_at:%Y-%m-%d %H:%M}"
