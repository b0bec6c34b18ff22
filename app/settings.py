"""Every environment variable, typed. Built once at the rim and passed on; nothing imports an instance."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MINIMUM_SECRET = 32


class UnsafeSettings(Exception):
    """Production will not start like this; the message names each variable and what to set."""


class Settings(BaseSettings):
    """`LEADLINE_…`, as the environment gives it. Secrets have no default that works in production."""

    model_config = SettingsConfigDict(env_prefix="LEADLINE_", extra="ignore")

    env: Literal["production", "demo", "test"] = "production"
    database_url: str = Field(default="", description="postgresql+asyncpg://…; empty: embedded, under DATA_DIR")
    valkey_url: str = Field(default="", description="redis://… or unix://…; empty: embedded, under DATA_DIR")
    data_dir: Path = Path(".leadline")
    public_url: str = Field(default="", description="https://… as carriers and people see this service")
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    sending: bool = True
    lanes: int = Field(default=64, ge=1, le=1024)
    requests_per_second: float = Field(default=2000, ge=1, description="of one API key, at one API process")
    log_format: Literal["json", "pretty"] = "json"
    twilio_api_url: str = Field(default="", description="scheme and host of an emulator; empty: Twilio itself")
    smtp_url: str = Field(
        default="",
        pattern=r"^(smtp://[^/:@\s]+:\d+)?$",
        description="smtp://HOST:PORT of an emulator that takes every clinic's e-mails; empty: their own servers",
    )

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(SecretStr(part.strip()) for part in value.split(",") if part.strip())
        return value

    @field_validator("public_url", "twilio_api_url")
    @classmethod
    def _bare(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _async_driver(cls, value: str) -> str:
        for scheme in ("postgres://", "postgresql://"):
            if value.startswith(scheme):
                return "postgresql+asyncpg://" + value.removeprefix(scheme)
        return value

    def keys(self) -> list[str]:
        """The secret keys in the clear, first the one that encrypts."""
        return [secret.get_secret_value() for secret in self.secret_keys]

    def check(self) -> "Settings":
        """These settings, if a process may start with them; raises `UnsafeSettings` naming all that is missing."""
        wrong = [f"LEADLINE_{name}: {fix}" for name, fix in self._missing()]
        if wrong:
            raise UnsafeSettings("Leadline will not start:\n  " + "\n  ".join(wrong))
        return self

    def _missing(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        if not self.database_url:
            found.append(("DATABASE_URL", "set it to a PostgreSQL URL (or use `leadline demo` or `leadline up`)"))
        if not self.secret_keys:
            found.append(("SECRET_KEYS", f"set it to a random secret of {MINIMUM_SECRET} characters or more"))
        if self.env == "production":
            weak = [key for key in self.keys() if len(key) < MINIMUM_SECRET or len(set(key)) < 8]
            if weak:
                found.append(("SECRET_KEYS", f"each key needs {MINIMUM_SECRET} random characters; this one is weak"))
            if not self.public_url:
                found.append(("PUBLIC_URL", "set it to the https:// address that carriers and people reach"))
        return found
