"""Translations of a recording by the language model: of what was said, and what is said yet."""

from fastapi import APIRouter

from vivavoce.core.errors import OurError
from vivavoce.server.rest.insight_models import NewTranslation, Translation, Translations
from vivavoce.server.rest.models import Error
from vivavoce.server.services import Found, Owner, Parts

router = APIRouter(tags=["summaries"], responses={404: {"model": Error}})


class NoLanguageModel(OurError):
    """What only a language model can do, where there is none."""

    code, status = "no_language_model", 501


@router.post(
    "/recordings/{id}/translations",
    status_code=202,
    responses={
        501: {"model": Error, "description": "There is no language model here."},
        503: {"model": Error, "description": "As many as may are being made."},
    },
)
async def translate(
    recording: Found, new: NewTranslation, parts: Parts, owner: Owner
) -> Translation:
    """Translate every utterance that is not; of a live recording those to come, too. They
    appear among its events."""
    if parts.translator is None:
        raise NoLanguageModel("There is no language model here: set llm_base_url and llm_model.")
    return Translation.of(parts.translator.ask(owner, recording.id, new.language))


@router.get("/recordings/{id}/translations")
async def translations(recording: Found, parts: Parts, owner: Owner) -> Translations:
    """How far they are: those that were begun since the server started."""
    jobs = parts.translator.of(owner, recording.id) if parts.translator else []
    return Translations(items=[Translation.of(job) for job in jobs])
