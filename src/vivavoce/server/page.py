"""The studio's files: `/` and `/studio/`."""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
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


def mount(app: FastAPI) -> None:
    app.mount("/studio", _Files(directory=FOLDER), name="studio")
    app.router.routes.append(Route("/", _index, include_in_schema=False))


async def _index(_request: Request) -> Response:
    return FileResponse(FOLDER / "index.html", headers={"Cache-Control": "no-cache"})
