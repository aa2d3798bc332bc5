"""Engines, and the services that some of them are."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from vivavoce.config.kinds import Endpoint, FolderOrName, Lower, Names, Prices, Web


class Engines(BaseModel):
    engines: Names = Field(
        ("moonshine",), description="engine, where none is asked for, and who takes over from it"
    )
    engine_deadline_s: float = Field(
        20, gt=0, le=600, description="seconds an engine has for one answer"
    )
    hosts: int | None = Field(
        None, ge=1, le=256, description="engine processes; none: one per core"
    )
    finals: Annotated[Literal["auto", "tiny", "base"], Lower] = Field(
        "auto", description="model of the finals; auto: base where it is here and there is room"
    )
    diarizer: str = Field(
        "community-1", min_length=1, description="what tells speakers apart; none: nothing does"
    )
    whisper_model: str = Field(
        "small", min_length=1, description="model of the engine whisper: its name, or a folder"
    )
    whisper_device: Annotated[Literal["auto", "cpu", "cuda"], Lower] = Field(
        "auto", description="what whisper computes on; auto: a graphics card where there is one"
    )
    vosk_model: FolderOrName | None = Field(
        None, description="folder of the Vosk engine's model, or the name of one that was pulled"
    )
    transformers_model: str = Field(
        "openai/whisper-large-v3-turbo",
        description="name or folder of the transformers engine's model",
    )
    transformers_device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$"), Lower] = (
        Field("auto", description="where the transformers engine computes: auto, cpu, cuda, mps")
    )
    azure_speech_key: SecretStr | None = Field(None, description="key of Azure Speech")
    azure_region: str | None = Field(None, description="region of Azure Speech, say westeurope")
    azure_endpoint: Endpoint | None = Field(
        None, description="address of Azure Speech, or of what speaks its protocol, for a region's"
    )
    aws_region: str | None = Field(None, description="region of Amazon Transcribe and S3")
    aws_endpoint: Web | None = Field(
        None, description="address of what speaks Amazon Transcribe's protocol, for a region's"
    )
    aws_vocabulary: str | None = Field(
        None, description="name of a custom vocabulary of Amazon Transcribe"
    )
    openai_api_key: SecretStr | None = Field(None, description="key of OpenAI")
    openai_base_url: Web | None = Field(
        None, description="address of a server that is compatible with OpenAI's, for its own"
    )
    openai_model: str = Field("gpt-4o-transcribe", description="model of the OpenAI engines")
    wyoming_service: str = Field(
        "tcp://localhost:10300", description="address of the Wyoming engine's service"
    )
    prices: Prices | None = Field(
        None, description="what an hour of audio sent to an engine costs: azure=1.00,aws=1.44"
    )
