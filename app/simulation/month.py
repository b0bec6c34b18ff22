"""Setting a simulation up: a clinic as the installation would know it, leads that come in, and who reacts to what."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from app.domain.clinic import Clinic
from app.domain.contact import Contact
from app.domain.events import Event, ReplyReceived
from app.simulation.engine import Make, People, Simulation
from app.simulation.intake import Intake
from app.simulation.scripts import Form, Said, source_at

LINKS = "https://leads.example.com"
"""Where links in texts point when nobody says otherwise; as long as a real one, for the sake of segments."""


def installed(clinic: Clinic, public_url: str = LINKS) -> Clinic:
    """The clinic of a file as if it had just been applied: every sequence at its first version."""
    pinned = {(one.key, 1): replace(one, version=1) for one in clinic.sequences}
    return clinic.with_versions(1, pinned, {}, public_url)


def simulation_of(
    clinic: Clinic,
    begins: datetime,
    forms: Iterable[Form],
    *,
    source: str | None = None,
    replies: Iterable[Said] = (),
    people: People | None = None,
    beside: Sequence[Clinic] = (),
) -> Simulation:
    """A simulation in which these leads come in, by this source, and these replies.

    `beside` are further clinics; who comes to one of them comes by the source if it is theirs, else by their first.
    """
    clinics = {one.key: one for one in (clinic, *beside)}
    simulation = Simulation(tuple(clinics.values()), begins, people)
    doors = {key: Intake(simulation, one) for key, one in clinics.items()}
    for one in forms:
        door = doors[one.clinic or clinic.key]
        door.expect(one.at, one.name, one.form, source_at(door.clinic, source) if beside else source)
    for said in replies:
        at = clinics[said.form.clinic or clinic.key]
        simulation.expect(said.at, said.form.form.phone, _reply(at, said), at.key)
    return simulation


def _reply(clinic: Clinic, said: Said) -> Make:
    def come(event_id: str, contact: Contact, now: datetime) -> Event:
        sender = contact.sender or clinic.sender_for(said.form.form.location).key
        return ReplyReceived(id=event_id, at=now, sender=sender, carrier_id=event_id, body=said.text)

    return come


def first_source(clinic: Clinic) -> str | None:
    """The source that leads come by when nobody says which."""
    return next(iter(clinic.sources), None)
