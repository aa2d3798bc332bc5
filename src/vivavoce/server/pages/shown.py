"""A page out of the studio's folder, with what a browser is to let it do."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import FileResponse

from vivavoce.server.browsers import policy

FOLDER: Final = Path(str(files("vivavoce") / "studio"))

ANEW: Final = {"Cache-Control": "no-cache"}
"""Always asked for anew (an unchanged file is a 304): an upgrade shows at once."""


def shown(
    connection: HTTPConnection,
    name: str,
    status: int = 200,
    headers: Mapping[str, str] = ANEW,
    **rules: str,
) -> FileResponse:
    """`rules`: see `policy.page`."""
    return FileResponse(FOLDER / name, status, {**policy.page(connection, **rules), **headers})
