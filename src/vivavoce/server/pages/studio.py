"""The studio's files: `/` and `/studio/`; what other sites' pages embed: `/embed/`, `/dictate`."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

FOLDER = Path(str(files("vivavoce") / "studio"))


class _Files(StaticFiles):
    """Always asked for anew (an unchanged file is a 304): an upgrade shows at once."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


def mount(app: FastAPI, origins: Sequence[str] = ()) -> None:
    """`origins`: of other sites' pages that may use these scripts; `*`: any."""
    for path, folder in (("studio", FOLDER), ("embed", FOLDER / "embed")):
        found = _Files(directory=folder)
        app.mount(f"/{path}", CORSMiddleware(found, allow_origins=origins), name=path)
    app.router.routes.append(Route("/", _index, include_in_schema=False))
    app.router.routes.append(Route("/dictate", _dictate, include_in_schema=False))


async def _index(_request: Request) -> Response:
    return _page("index.html")


async def _dictate(_request: Request) -> Response:
    return _page("dictate.html")


def _page(name: str) -> Response:
    return FileResponse(FOLDER / name, headers={"Cache-Control": "no-cache"})
