"""What callers say of a model call over HTTP, and what they are told."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from thin_api.models import Problem

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$"
REQUEST_ID = r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$"
MOST_TOKENS = 1_000_000_000


class ReserveCall(BaseModel):
    """A call that is to be made."""

    model_config = ConfigDict(title="ReserveCall", extra="forbid", strict=True)

    request_id: str = Field(pattern=REQUEST_ID, description="One per call; repeat it to retry.")
    model: str = Field(pattern=NAME)
    input_tokens: int = Field(ge=0, le=MOST_TOKENS)
    max_output_tokens: int = Field(ge=0, le=MOST_TOKENS)
    ttl_seconds: int = Field(
        default=600, ge=1, le=86_400, description="How long what it may cost is held."
    )
    purpose: str | None = Field(default=None, pattern=NAME, description="Names a budget.")
    correlation_id: str | None = Field(default=None, pattern=NAME, description="Kept, not read.")


class SettleCall(BaseModel):
    """What a call used."""

    model_config = ConfigDict(title="SettleCall", extra="forbid", strict=True)

    input_tokens: int = Field(ge=0, le=MOST_TOKENS)
    output_tokens: int = Field(ge=0, le=MOST_TOKENS)


class Grant(BaseModel):
    """The call may be made, with this model and no other."""

    model_config = ConfigDict(title="Grant", extra="forbid")

    action: Literal["ALLOW", "FALLBACK"]
    model: str
    estimated_micros: int = Field(description="What is held: millionths of the currency.")
    expires_at: datetime
    reason: str | None = Field(description="Of a fallback: why not the model asked for.")
    audit_id: UUID


class Settlement(BaseModel):
    """A call that is accounted for."""

    model_config = ConfigDict(title="Settlement", extra="forbid")

    status: Literal["settled"]
    model: str
    reserved_micros: int
    settled_micros: int
    is_late: bool = Field(description="The reservation was no longer held.")
    exceeds_reservation: bool
    overdraws_budget: bool


class Release(BaseModel):
    """A call that holds nothing any more."""

    model_config = ConfigDict(title="Release", extra="forbid")

    status: Literal["released", "expired"]
    model: str
    reserved_micros: int


class Denial(Problem):
    """The call may not be made. `code` says why."""

    model_config = ConfigDict(title="Denial")

    resets_at: datetime | None = Field(
        description="When to ask again; null: not before somebody changes something."
    )
    audit_id: UUID
