"""What the clinics of one brand share of the people they write to: who closed what, and which steps were sent."""

from dataclasses import dataclass, field
from datetime import datetime

from app.domain.effects import LiftSuppression, Purpose, ScheduleText, Suppress, SuppressEmail, Urgency
from app.domain.gate import MONTH, WEEK


@dataclass
class Phone:
    """A phone at a brand: who closed it, and when steps went to it from any of the clinics."""

    suppressed_by: str | None = None
    steps_sent: tuple[datetime, ...] = ()
    nurture_sent: tuple[datetime, ...] = ()

    def left(self, order: ScheduleText, now: datetime) -> None:
        """A text has left: count it, if it is a step."""
        if order.purpose is Purpose.STEP:
            self.steps_sent = (*self.steps_sent, now)
        if order.urgency == Urgency.NURTURE:
            self.nurture_sent = (*(one for one in self.nurture_sent if one > now - MONTH), now)

    def steps_counted(self, now: datetime) -> tuple[datetime, ...]:
        """When steps went to this phone within the week that the caps look back."""
        if self.steps_sent and self.steps_sent[0] <= now - WEEK:
            self.steps_sent = tuple(moment for moment in self.steps_sent if moment > now - WEEK)
        return self.steps_sent


@dataclass
class Brand:
    """The lists that a brand's clinics keep together: its phones, and the addresses that want no e-mail."""

    phones: dict[str, Phone] = field(default_factory=dict)
    closed_addresses: set[str] = field(default_factory=set)

    def phone(self, number: str) -> Phone:
        """What is known of a phone here."""
        return self.phones.setdefault(number, Phone())

    def obey(self, phone: Phone, order: Suppress | LiftSuppression | SuppressEmail) -> None:
        """Close or open a phone, or close an address."""
        if isinstance(order, SuppressEmail):
            self.closed_addresses.add(order.email.strip().casefold())
        else:
            phone.suppressed_by = order.by if isinstance(order, Suppress) else None

    def wants_no_email(self, address: str | None) -> bool:
        """Whether this address is on the list, however it is capitalised."""
        return (address or "").strip().casefold() in self.closed_addresses
