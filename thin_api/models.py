"""What the shim answers. The OpenAPI document is generated from these."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["accepted", "duplicate", "ignored", "superseded", "dead"]


class Receipt(BaseModel):
    """A webhook that is recorded. A duplicate carries the receipt of the first delivery."""

    model_config = ConfigDict(title="Receipt", extra="forbid")

    status: Status = Field(
        description="What became of the webhook; every status is answered with 200."
    )
    receipt_id: UUID = Field(description="Identifies the delivery; quote it when asking.")
    event_id: UUID | None = Field(description="The event it became, when it became one.")
    reason: str | None = Field(description="A code, when there is something to explain.")


class Acknowledgement(BaseModel):
    """A request that tells nothing, such as the ping of a new WooCommerce webhook; not recorded."""

    model_config = ConfigDict(title="Acknowledgement", extra="forbid")

    status: Literal["acknowledged"] = "acknowledged"


class Problem(BaseModel):
    """An error as RFC 9457 describes it. It never repeats anything of the request."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="`urn:hookledger:problem:` and the code.")
    title: str = Field(description="The same for every problem of this type.")
    status: int = Field(ge=400, le=599, description="The HTTP status.")
    code: str = Field(description="The code, for programs.")


class Health(BaseModel):
    """The process answers."""

    model_config = ConfigDict(title="Health")

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """The database answers and has the schema revision that this program needs."""

    model_config = ConfigDict(title="Readiness")

    status: Literal["ready"] = "ready"
    revision: str
