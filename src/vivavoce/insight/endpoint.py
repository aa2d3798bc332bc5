"""Where a language model is, by the settings."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from vivavoce.config import Settings

AZURE: Final = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
"""Hosts whose newer form is OpenAI's own, under a path of its own."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the model is, what opens it and what it is called there."""

    model: str
    url: str | None  # None: OpenAI's own
    key: str | None
    api_version: str | None  # Azure OpenAI's dated form, where `model` is a deployment
    limit: float  # seconds for the first piece, and between two

    @classmethod
    def of(cls, settings: Settings) -> "Endpoint | None":
        """None where the settings name no model, or neither an address nor a key."""
        key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
        if settings.llm_model is None or (settings.llm_base_url is None and key is None):
            return None
        return cls(
            settings.llm_model,
            settings.llm_base_url,
            key,
            settings.llm_api_version,
            settings.llm_timeout_s,
        )

    @property
    def base_url(self) -> str | None:
        """Of an Azure resource only the host is given; the rest of its newer form is known."""
        if self.url is None or self.api_version is not None:
            return self.url
        parts = urlsplit(self.url)
        if (parts.hostname or "").endswith(AZURE) and parts.path.strip("/") in ("", "openai"):
            return f"{parts.scheme}://{parts.netloc}/openai/v1/"
        return self.url
