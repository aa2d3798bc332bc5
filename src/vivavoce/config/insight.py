"""The language model of summaries, questions and translations."""

from pydantic import BaseModel, Field, SecretStr

from vivavoce.config.kinds import Web


class Insight(BaseModel):
    llm_base_url: Web | None = Field(
        None, description="address of a language model that speaks as OpenAI's do; none: OpenAI"
    )
    llm_api_key: SecretStr | None = Field(None, description="key of the language model")
    llm_model: str | None = Field(
        None, min_length=1, description="name of the language model, or its deployment in Azure"
    )
    llm_api_version: str | None = Field(
        None, description="version of Azure OpenAI's dated interface, where that is meant"
    )
    llm_timeout_s: float = Field(
        120, gt=0, le=3600, description="seconds that the language model may be silent"
    )
    llm_part_chars: int = Field(
        12_000,
        ge=2000,
        le=2_000_000,
        description="characters of a transcript that the language model is sent at once",
    )
