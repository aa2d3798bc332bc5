"""The Wyoming service."""

from pydantic import BaseModel, Field


class Wyoming(BaseModel):
    wyoming_port: int | None = Field(
        None, ge=0, le=65535, description="port of the Wyoming service; none: there is none"
    )
    wyoming_keep: bool = Field(False, description="keep what Wyoming clients say as recordings")
    wyoming_announce: bool = Field(
        False, description="let Home Assistant find the Wyoming service by itself (mDNS)"
    )
