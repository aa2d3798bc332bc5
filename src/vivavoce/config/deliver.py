"""E-mail and webhooks."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from vivavoce.config.kinds import Lower, Mailbox, Networks


class Deliver(BaseModel):
    smtp_host: str | None = Field(
        None, min_length=1, description="mail server that sends e-mail; none: none is sent"
    )
    smtp_port: int | None = Field(
        None, ge=1, le=65535, description="its port; none: the usual one for smtp_security"
    )
    smtp_security: Annotated[Literal["starttls", "tls", "none"], Lower] = Field(
        "starttls", description="how the line to it is kept from others: starttls, tls, none"
    )
    smtp_user: str | None = Field(None, description="name to log in with there; none: no login")
    smtp_password: SecretStr | None = Field(None, description="password to log in with there")
    smtp_from: Mailbox | None = Field(
        None, description="whom e-mail is from; none: smtp_user, where that is an address"
    )
    webhook_networks: Networks | None = Field(
        None, description="networks that are not public and may be told by webhooks too"
    )
