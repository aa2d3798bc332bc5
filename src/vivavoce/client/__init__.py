"""Talk to a running Vivavoce: live (`connect`), and its recordings (`Recordings`)."""

from vivavoce.client.connect import connect
from vivavoce.client.errors import Unreachable
from vivavoce.client.rest import Recording, Recordings
from vivavoce.client.session import Session

__all__ = ["Recording", "Recordings", "Session", "Unreachable", "connect"]
