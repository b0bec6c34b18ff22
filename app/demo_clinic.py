"""What a demo has that an installation has not: the example clinic, two keys, and words of welcome."""

import json
import shlex
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.text import Text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.adapters.clinic_file import read_clinic
from app.adapters.store import applying, clinics, installation, keys
from app.cli.screen import rfc3339
from app.domain import calendar
from app.domain.clinic import Clinic
from app.running import write_private
from app.runtime import open_engine
from app.settings import Settings

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "lakeside.yaml"
CLINIC = "lakeside"
KEYS_FILE = "demo-keys.json"
KEYS = {"source": "demo form", "coordinator": "demo desk"}
"""The keys a demo makes for its owner once: role, and the name it is listed by."""


@dataclass(frozen=True)
class Welcome:
    """What the owner of a demo wants to know: the clinic, its time, and the two keys."""

    clinic: Clinic
    now: datetime
    secrets: dict[str, str]


async def prepare(settings: Settings) -> Welcome:
    """Apply the example clinic, unless it is there (its owner may have edited it), and make the keys once."""
    engine = open_engine(settings, size=1)
    try:
        async with engine.begin() as conn:
            if CLINIC not in await clinics.current_versions(conn):
                document = EXAMPLE.read_text(encoding="utf-8")
                clinic, _ = read_clinic(document, name=EXAMPLE.name)
                await applying.apply(conn, [applying.ClinicText(EXAMPLE.name, document, clinic)])
            here = await clinics.ClinicShelf(settings.public_url).take(conn, CLINIC)
            secrets = await _keys(conn, _read(settings.data_dir / KEYS_FILE), next(iter(here.sources)))
            now = await installation.now(conn)
    finally:
        await engine.dispose()
    # After the commit: a key in the file is a key that works.
    write_private(settings.data_dir / KEYS_FILE, json.dumps(secrets, indent=2))
    return Welcome(here, now, secrets)


def _read(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text())) if path.exists() else {}


async def _keys(conn: AsyncConnection, kept: dict[str, str], source: str) -> dict[str, str]:
    """The demo's keys by role, made anew where they are gone or revoked."""
    for role, name in KEYS.items():
        known = await keys.find(conn, kept[role]) if role in kept else None
        if known is None or known.revoked_at is not None:
            own = source if role == "source" else None
            _, kept[role] = await keys.create(conn, clinic=CLINIC, role=role, name=name, source=own)
    return kept


def example_lead(clinic: Clinic, now: datetime) -> dict[str, Any]:
    """A lead such as the clinic's own form sends, with the consent words that the form shows."""
    source = next(iter(clinic.sources.values()))
    shown = [clinic.consent_texts[key] for key in source.consent_texts if key in clinic.consent_texts]
    consent = {"sms": True, "text": shown[0] if shown else "", "at": rfc3339(now), "method": "web_form"}
    lead = {"first_name": "Maria", "phone": "(312) 555-0142", "preferred_times": "weekday mornings"}
    return {**lead, **({"service": next(iter(clinic.services))} if clinic.services else {}), "consent": consent}


def welcome(greeting: Welcome, settings: Settings, base: str, phones: str | None) -> None:
    """Say where everything is and what to try first; what is to be copied stands on a line of its own."""
    lead = settings.data_dir / "lead.json"
    write_private(lead, json.dumps(example_lead(greeting.clinic, greeting.now), indent=2, ensure_ascii=False))
    where = [("Phones", f"{phones}/") if phones else ("Carrier", settings.twilio_api_url)]
    where += [("API", f"{base}/docs"), ("Logs", f"{settings.data_dir / 'logs'}/"), ("Keys", _listed(settings))]
    lines = Text("\n".join(f"{name:<8} {place}" for name, place in where))
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    console.print(Panel.fit(lines, title=f"Leadline demo: {greeting.clinic.name}", border_style="green"))
    console.print("Send a lead, then answer the text that arrives at the phone:")
    headers = (f"Authorization: Bearer {greeting.secrets['source']}", "Content-Type: application/json")
    quoted = " ".join(f"-H {shlex.quote(header)}" for header in headers)
    console.print(f"  curl {base}/leads {quoted} -d @{shlex.quote(str(lead))}")
    for line in closed(greeting, settings):
        console.print(line)
    console.print("Ctrl-C stops all of it; the data stay.")


def closed(greeting: Welcome, settings: Settings) -> list[str]:
    """When the clinic is closed now: when it opens, and how to go there."""
    if calendar.is_open(greeting.clinic.hours, greeting.now):
        return []
    opens = calendar.next_open(greeting.clinic.hours, greeting.now)
    data = "" if str(settings.data_dir) == ".leadline" else f" --data {shlex.quote(str(settings.data_dir))}"
    return [
        f"{greeting.clinic.name} is closed now: texts wait until it opens, {rfc3339(opens)}. To go there:",
        f"  leadline clock --to {rfc3339(opens)}{data}",
    ]


def _listed(settings: Settings) -> str:
    return f"{settings.data_dir / KEYS_FILE} (a form's and a coordinator's)"
