"""What commands need that speak to a server somewhere."""

from pydantic import BaseModel, Field, SecretStr


class Client(BaseModel):
    key: SecretStr | None = Field(
        None, description="key to show to the server that listen and transcribe send to"
    )
