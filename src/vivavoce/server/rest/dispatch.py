"""What REST says of a thing that is sent, by e-mail or to a webhook."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from vivavoce.library.outbox import Parcel, State


class Dispatch(BaseModel):
    """How far it has come."""

    state: State
    attempts: int
    message: str | None = Field(description="why the last attempt came to nothing")
    created_at: datetime = Field(description="UTC")
    next_at: datetime | None = Field(description="when it is tried next; null: it is not")

    @classmethod
    def _of(cls, parcel: Parcel, **more: Any) -> Self:
        """With what only its kind has."""
        return cls(
            state=parcel.state,
            attempts=parcel.attempts,
            message=parcel.message,
            created_at=parcel.created_at,
            next_at=parcel.due_at if parcel.state == "waiting" else None,
            **more,
        )
