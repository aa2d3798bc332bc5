"""The studio's files: `/` and `/studio/`; what other sites' pages embed: `/embed/`, `/dictate`."""

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from vivavoce.server.browsers.origins import Origins
from vivavoce.server.pages.shown import ANEW, FOLDER, shown


class _Files(StaticFiles):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(ANEW)
        return response


def mount(app: FastAPI, origins: Origins) -> None:
    """`origins`: the pages of other sites that may use these scripts."""
    for path, folder in (("studio", FOLDER), ("embed", FOLDER / "embed")):
        found = _Files(directory=folder)
        app.mount(f"/{path}", CORSMiddleware(found, allow_origins=origins.names), name=path)
    app.router.routes.append(Route("/", _index, include_in_schema=False))
    app.router.routes.append(Route("/dictate", _dictate, include_in_schema=False))


async def _index(request: Request) -> Response:
    return shown(request, "index.html")


async def _dictate(request: Request) -> Response:
    return shown(request, "dictate.html")
