"""What stands around the whole application, in one place.

From the outside in: what is secret is taken out of the address; who asks is known or refused.
"""

from fastapi import FastAPI

from vivavoce.config import Settings
from vivavoce.server.auth.gate import Gate
from vivavoce.server.auth.scrub import Scrub


def guard(app: FastAPI, settings: Settings) -> None:
    """Put them around it. Each is put around those before it: the innermost is the first here."""
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(Scrub)
