"""Where an installation is: the environment, else the demo or `up` that runs in the data folder now.

`DATA_DIR/running.json` is written by the supervisor once all answers and removed when it stops; it names
addresses, never a secret that came by environment. `DATA_DIR/secrets.json` holds what a demo generated for
itself once. Both are for their owner only.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from app.settings import Settings

CARRIER_SECRETS = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")


class NoInstallation(Exception):
    """There is neither a database in the environment nor something running in the data folder."""


@dataclass(frozen=True)
class Running:
    """What runs in a data folder: the supervisor's process, where it answers and what it stands on."""

    pid: int
    began: float
    """When that process was created: a process id alone may have gone to another."""
    env: str
    port: int
    database_url: str
    valkey_url: str
    public_url: str
    lanes: int
    twilio_api_url: str = ""
    smtp_url: str = ""


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    new.replace(path)


def note_running(data_dir: Path, running: Running) -> None:
    """Leave word for other commands."""
    write_private(data_dir / "running.json", json.dumps(asdict(running), indent=2))


def forget_running(data_dir: Path) -> None:
    """Take the word back."""
    (data_dir / "running.json").unlink(missing_ok=True)


def find_running(data_dir: Path) -> Running | None:
    """What runs in this data folder; a word left by a process that is gone counts as none."""
    try:
        running = Running(**json.loads((data_dir / "running.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return running if _is_there(running) else None


def _is_there(running: Running) -> bool:
    try:
        return abs(psutil.Process(running.pid).create_time() - running.began) < 1
    except psutil.Error:
        return False


def left_behind(data_dir: Path) -> bool:
    """Whether the last one here ended without a word: its children may need a moment more."""
    return (data_dir / "running.json").exists() and find_running(data_dir) is None


def generated_secrets(data_dir: Path) -> dict[str, str]:
    """The secrets of a demo as environment variables: made once, the same after every restart."""
    path = data_dir / "secrets.json"
    if not path.exists():
        made = {
            "LEADLINE_SECRET_KEYS": secrets.token_urlsafe(32),
            "TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        }
        write_private(path, json.dumps(made, indent=2))
    return dict(json.loads(path.read_text()))


def settings_here(data_dir: Path | None = None) -> Settings:
    """The settings of the installation that a command is about.

    A database in the environment wins; else what runs in the data folder. Raises `NoInstallation`.
    """
    given = settings_given(data_dir)
    if given.database_url:
        return given
    running = find_running(given.data_dir)
    if running is None:
        raise NoInstallation(_nothing_here(given.data_dir))
    found = {name: value for name, value in asdict(running).items() if name not in ("pid", "began", "port")}
    if not given.secret_keys:
        found["secret_keys"] = _kept_secrets(given.data_dir).get("LEADLINE_SECRET_KEYS", "")
    return Settings.model_validate({"data_dir": given.data_dir, **found})


def settings_given(data_dir: Path | None = None) -> Settings:
    """The environment's settings, with the data folder of the command line where one was given."""
    return Settings.model_validate({} if data_dir is None else {"data_dir": data_dir})


def carrier_environment(settings: Settings) -> Mapping[str, str]:
    """Where the `${…}` references of a clinic file are looked up: as the installation's own processes do it."""
    kept = _kept_secrets(settings.data_dir) if settings.env != "production" else {}
    return {name: kept[name] for name in CARRIER_SECRETS if name in kept} | dict(os.environ)


def _kept_secrets(data_dir: Path) -> dict[str, str]:
    path = data_dir / "secrets.json"
    return generated_secrets(data_dir) if path.exists() else {}


def _nothing_here(data_dir: Path) -> str:
    stale = (data_dir / "running.json").exists()
    ended = " (one was here, but it has ended)" if stale else ""
    return (
        f"No running demo under {data_dir}{ended} and LEADLINE_DATABASE_URL is not set:"
        " run `leadline demo`, or set LEADLINE_DATABASE_URL"
    )
