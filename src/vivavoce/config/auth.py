"""Who may use the server."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from vivavoce.config.kinds import Lower


class Auth(BaseModel):
    auth: Annotated[Literal["none", "keys"], Lower] = Field(
        "none", description="who may: none: whoever is on this machine; keys: who has a key"
    )
    open_to_all: bool = Field(
        False, description="serve whoever reaches the server, from other machines too, without keys"
    )
    wyoming_open: bool = Field(
        False,
        description="serve Wyoming, which has no keys, to other machines although auth is keys",
    )
