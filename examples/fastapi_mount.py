"""Vivavoce as a part of your own FastAPI application, under /speech.

usage: uvicorn fastapi_mount:app      (then open http://localhost:8000/speech/)
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from vivavoce.asgi import app as speech


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    # An application that is mounted is not started by itself.
    async with speech.router.lifespan_context(speech):
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/speech", speech)


@app.get("/")
async def about() -> dict[str, str]:
    return {"speech": "/speech/", "live": "/speech/api/v1/live"}
