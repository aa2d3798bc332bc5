"""What every route needs, put together once by `server/assembly.py`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from vivavoce.config import Settings
from vivavoce.core.errors import NotFound
from vivavoce.deliver.deliveries import Deliveries
from vivavoce.insight.summariser import Summariser
from vivavoce.insight.translator import Translator
from vivavoce.library.blobs import Blobs
from vivavoce.library.recording import Recording, folder, is_id
from vivavoce.library.repository import Repository
from vivavoce.library.retention import Retention
from vivavoce.library.shares import Shares
from vivavoce.library.texts import forget_text
from vivavoce.live.annotations import Annotations
from vivavoce.live.diarization import Diarizing
from vivavoce.live.engines import Engines
from vivavoce.live.hub import Hub
from vivavoce.live.news import News
from vivavoce.live.replicas.port import Replicas
from vivavoce.server.allowed import Most
from vivavoce.server.auth.auth import Auth
from vivavoce.server.auth.principal import Principal, principal
from vivavoce.server.protocols.visits import Visits
from vivavoce.server.rest.doors import Doors
from vivavoce.server.transport.admission import Admission


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of a running server; the app has them as `app.state.services`."""

    settings: Settings
    engines: Engines
    hub: Hub
    replicas: Replicas
    visits: Visits
    repository: Repository
    retention: Retention
    blobs: Blobs
    shares: Shares
    doors: Doors
    news: News
    deliveries: Deliveries
    annotations: Annotations
    summariser: Summariser
    translator: Translator | None  # None where there is no language model
    diarizing: Diarizing
    auth: Auth
    admission: Admission

    async def forget(self, owner: str, recording: str, tidy: bool = True) -> None:
        """Delete a recording: what runs of it, its audio, its events, its text.

        The row goes last, so that what fails on the way can be done again. `tidy`: see
        `Repository.delete`. Raises `NotFound`, also for what is another's, and `DiskError`.
        """
        await self.repository.get(owner, recording)
        await self.hub.cancel(recording)
        await self.diarizing.forget(recording)
        await forget_text(self.blobs, recording)
        await self.blobs.delete(folder(recording))
        await self.repository.delete(owner, recording, tidy)


def services(connection: HTTPConnection) -> Services:
    """The dependency that gives a route its parts."""
    found: Services = connection.app.state.services
    return found


def owner(connection: HTTPConnection) -> str:
    """On whose behalf a request is made, and whose is what it makes."""
    return principal(connection).id


Parts = Annotated[Services, Depends(services)]
Owner = Annotated[str, Depends(owner)]
Who = Annotated[Principal, Depends(principal)]


def allowed(connection: HTTPConnection) -> Most:
    """How much whoever asks may have."""
    return Most.of(principal(connection), services(connection).settings)


Allowed = Annotated[Most, Depends(allowed)]


async def recording(
    parts: Parts,
    owner: Owner,
    id: Annotated[str, Path(description="The recording, 26 letters and digits.")],
) -> Recording:
    """The recording that a path names. Raises `NotFound`, also for what can be no id."""
    if not is_id(id):
        raise NotFound("There is no such recording.")
    return await parts.repository.get(owner, id)


Found = Annotated[Recording, Depends(recording)]
