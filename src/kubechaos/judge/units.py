"""The numbers of a report, with the bounds that its JSON Schema states."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

from msgspec import Meta

Count: TypeAlias = Annotated[int, Meta(ge=0)]
AtLeastOne: TypeAlias = Annotated[int, Meta(ge=1)]
Seconds: TypeAlias = Annotated[float, Meta(ge=0)]
Rate: TypeAlias = Annotated[float, Meta(ge=0)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Timestamp: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]

# JSON has no infinity: `inf` is written as null, so null must be accepted when it is read. Outage turns it into `inf`
# again, so users have a plain float, and that is what type checkers see.
if TYPE_CHECKING:
    MaybeNever: TypeAlias = float
else:
    MaybeNever = Annotated[float, Meta(ge=0)] | None
