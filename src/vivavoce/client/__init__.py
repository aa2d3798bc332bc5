"""Talk to a running Vivavoce: live (`connect`), and its recordings (`Recordings`).

`connect_openai` talks to any server that speaks OpenAI's Realtime transcription.
"""

from vivavoce.client.connect import connect
from vivavoce.client.errors import Unreachable
from vivavoce.client.openai_session import OpenAISession, connect_openai
from vivavoce.client.rest import Recording, Recordings
from vivavoce.client.session import Session

__all__ = [
    "OpenAISession",
    "Recording",
    "Recordings",
    "Session",
    "Unreachable",
    "connect",
    "connect_openai",
]
