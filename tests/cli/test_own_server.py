"""A command's own server, where it does not come up."""

from pathlib import Path

import pytest

from vivavoce.cli.own_server import OwnServer
from vivavoce.core.errors import OurError

pytestmark = pytest.mark.anyio


async def test_one_that_does_not_start_says_why(tmp_path: Path) -> None:
    server = OwnServer(tmp_path, engines="no-such")
    with pytest.raises(OurError, match=r"did not start: .*no-such"):
        await server.start()
    await server.stop()


async def test_one_that_never_started_is_stopped_all_the_same(tmp_path: Path) -> None:
    await OwnServer(tmp_path).stop()
