"""What calls on tasks say: bodies and questions, checked. Unknown fields in a body are mistakes."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from app.adapters.form_errors import blames
from app.domain.events import Outcome
from app.domain.tasks import Kind
from app.domain.wording import plain

LONGEST_TEXT = 1600
"""Characters that carriers take in one message."""

# --- bodies ------------------------------------------------------------------------------------------------


def _storable(words: str) -> str:
    if "\0" in words:
        raise ValueError("must not contain a NUL character")
    return words


def _sendable(words: str) -> str:
    made_plain = plain(words).strip()
    if not 1 <= len(made_plain) <= LONGEST_TEXT:
        raise ValueError(f"must have 1 to {LONGEST_TEXT} characters that a phone can show")
    return made_plain


Person = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), AfterValidator(_storable)
]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000), AfterValidator(_storable)
]
Lease = Annotated[int, Field(ge=5, le=86_400, description="Seconds until the lease ends.")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(_storable)]

LEASE = 900


class Body(BaseModel):
    """What every call on a task says: who acts. Unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid")

    assignee: Person


class TakingBody(Body):
    """A call that may take a task over from whoever holds it: an admin's key and a reason are needed."""

    force: bool = False
    reason: Words | None = None

    @model_validator(mode="after")
    def _says_why(self) -> "TakingBody":
        if self.force == (self.reason is None):
            raise blames("is required with force" if self.force else "goes with force only", "reason")
        return self


class ClaimBody(TakingBody):
    """Take a task."""

    lease_seconds: Lease = LEASE


class ClaimNextBody(Body):
    """Take the next task, of one team or of any."""

    team: Key | None = None
    lease_seconds: Lease = LEASE


class ReleaseBody(Body):
    """Put a task back."""


class AssignBody(TakingBody):
    """Give a task to somebody."""

    to: Person
    lease_seconds: Lease = LEASE


class CompleteBody(Body):
    """Say what came of a task."""

    outcome: Outcome
    note: Words | None = None


class NoteBody(Body):
    """Write something into a task's history."""

    text: Words


class SnoozeBody(Body):
    """Put a task aside until a moment, or for some minutes (30 days at most)."""

    until: AwareDatetime | None = None
    minutes: Annotated[int, Field(ge=1, le=43_200)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "SnoozeBody":
        if (self.until is None) == (self.minutes is None):
            raise blames("give either until or minutes", "until", "minutes")
        return self


class ReplyBody(Body):
    """Write to the lead: own words, or a play of the clinic's playbook."""

    text: Annotated[str, AfterValidator(_storable), AfterValidator(_sendable)] | None = None
    playbook: Key | None = None

    @model_validator(mode="after")
    def _one(self) -> "ReplyBody":
        if (self.text is None) == (self.playbook is None):
            raise blames("give either text or playbook", "text", "playbook")
        return self


# --- what a list is asked for ------------------------------------------------------------------------------

Status = Literal["open", "claimed", "snoozed", "done", "cancelled"]


def _split(given: object) -> object:
    """`?status=open,claimed` and `?status=open&status=claimed` are the same."""
    if isinstance(given, list):
        return [part for one in given for part in str(one).split(",")]
    return given


class StreamQuery(BaseModel):
    """Which tasks, and from where on."""

    status: Annotated[list[Status] | None, BeforeValidator(_split)] = None
    kind: Annotated[list[Kind] | None, BeforeValidator(_split)] = None
    team: Key | None = None
    assignee: Person | None = None
    after: Annotated[str | None, Field(max_length=400, description="The cursor of an earlier answer.")] = None


class ListQuery(StreamQuery):
    """The same in an order, so many at once, and how long to wait for one."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    wait: Annotated[float, Field(ge=0, le=25, description="Seconds to wait for a change.")] = 0
    order: Literal["change", "due"] = "change"

    @model_validator(mode="after")
    def _waits_for_changes(self) -> "ListQuery":
        if self.order == "due" and self.wait:
            raise blames("goes with the order of changes, not with order=due", "wait")
        return self
