"""Types that every REST endpoint shares."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from ninja import Header, Query, Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, PlainSerializer

from apps.core.web.twins import decimal_text, time_text

Item = TypeVar("Item")

Money = Annotated[
    Decimal,
    PlainSerializer(decimal_text, return_type=str),
    Field(description="US dollars, as decimal text", examples=["0.00042"]),
]
Moment = Annotated[
    datetime,
    PlainSerializer(time_text, return_type=str),
    Field(description="UTC, ISO 8601", examples=["2026-03-04T12:00:00Z"]),
]


def to_utc(moment: datetime) -> datetime:
    """Return a moment as UTC has it; databases take not every offset.

    Raises:
        ValueError: it lies in no year from 1 to 9999 there.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("no such moment in UTC") from None


MomentIn = Annotated[AwareDatetime, AfterValidator(to_utc)]
# Of what was seen at moments: the cursor of a `Stretch`.
Earlier = Annotated[
    MomentIn | None, Query(description="`next_cursor` of the page before")
]


Name = Annotated[str, Field(min_length=1, max_length=300)]
CostLimit = Annotated[
    Decimal,
    Field(
        ge=0,
        lt=1_000_000,
        max_digits=12,
        decimal_places=6,
        description="US dollars, as decimal text or a number",
        examples=["2.50"],
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Names the request: within 24 hours it is done once",
    ),
]


class Strict(Schema):
    """A body in which a misspelt name is a fault."""

    model_config = ConfigDict(extra="forbid")


class Problem(Schema):
    """A failure (RFC 9457), sent as `application/problem+json`."""

    type: str = "about:blank"
    title: str
    status: int
    code: str = Field(description="Stable name of the failure, such as not_found")
    detail: str = Field(description="One line: what is wrong, and where")
    retryable: bool = Field(description="Whether the same may succeed later")


# For `openapi_extra` of what answers with a file of rows.
CSV_ANSWER: dict[str, object] = {
    "responses": {
        200: {
            "description": "OK",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        }
    }
}


class Page(Schema, Generic[Item]):
    """Some items; `next_cursor` given as `cursor` leads to those that follow."""

    items: list[Item]
    next_cursor: UUID | None


class Stretch(Schema, Generic[Item]):
    """What was seen, the newest first.

    `next_cursor` given as `cursor` leads to what was seen earlier.
    """

    items: list[Item]
    next_cursor: Moment | None


class Listing(Schema, Generic[Item]):
    """All items there are."""

    items: list[Item]
