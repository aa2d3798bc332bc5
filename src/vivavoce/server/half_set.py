"""Settings that are nothing without others that are not set."""

from collections.abc import Iterator

from vivavoce.config import Settings
from vivavoce.telemetry.board import VARIABLE, shared_folder


def half_set(settings: Settings) -> Iterator[str]:
    """A sentence of each: what there is not, or is otherwise than was meant, and what is missing.

    No setting's value is in it: some are secret.
    """
    if settings.llm_base_url is not None and settings.llm_model is None:
        yield "There is no language model: llm_base_url is set, but not llm_model."
    if settings.llm_api_version is not None and settings.llm_base_url is None:
        yield "llm_api_version counts for nothing: it is set, but not llm_base_url."
    if settings.workers > 1 and settings.metrics and shared_folder() is None:
        yield (
            f"/metrics tells of one worker at a time: workers is {settings.workers}, but the "
            f"variable {VARIABLE} names no folder (`vivavoce serve` makes one)."
        )
    if settings.smtp_host is None:
        return
    if settings.smtp_sender is None:
        yield "No e-mail is sent: smtp_host is set, but not smtp_from, and smtp_user is no address."
    if settings.smtp_user is not None and settings.smtp_password is None:
        yield "The mail server may refuse the login: smtp_user is set, but not smtp_password."
    if settings.smtp_user is None and settings.smtp_password is not None:
        yield "Nobody logs in to the mail server: smtp_password is set, but not smtp_user."
