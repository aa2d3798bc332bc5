"""The command that the App Service of deploy/terraform/azure starts, for real."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from vivavoce.engines.fake import say
from vivavoce.testing.process import ServerProcess
from vivavoce.testing.wire import open_wire

pytestmark = pytest.mark.anyio

Launch = Callable[..., ServerProcess]

COMMAND = (
    "gunicorn --bind=0.0.0.0:8000 -k uvicorn.workers.UvicornWorker --timeout=600 vivavoce.asgi:app"
)


def test_it_is_the_command_that_is_deployed(deploy: Path) -> None:
    text = (deploy / "terraform" / "azure" / "app_service.tf").read_text()
    assert re.findall(r'app_command_line\s+= "(.*)"', text) == [COMMAND]


async def test_a_live_session_through_it(launch: Launch) -> None:
    # As it is, but for the port, and through this Python, which does not make an error of what
    # uvicorn says of this class: that it is old.
    words = shlex.split(COMMAND.replace(":8000", ":{port}"))
    server = launch(command=("-W", "ignore::DeprecationWarning", "-m", *words))
    async with open_wire(server.url) as wire:
        await wire.start()
        await wire.frame(0, say("alfa", "bravo").tobytes())
        await wire.say(type="finish")
        assert await wire.closed() == 1000
    assert wire.finals == ["alfa bravo"]
