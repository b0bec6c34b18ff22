"""Production will not start with a missing or weak secret, and says which."""

import pytest
from pydantic import SecretStr

from app.settings import Settings, UnsafeSettings

GOOD = {
    "database_url": "postgresql+asyncpg://db/leadline",
    "public_url": "https://leads.example.com",
    "secret_keys": (SecretStr("3f9c0a7be1d24586a0c9b7d1e2f34a5b"),),
}


def _settings(**changes: object) -> Settings:
    return Settings.model_validate({**GOOD, **changes})


def test_good_settings_pass() -> None:
    assert _settings().check().env == "production"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"secret_keys": ()}, "LEADLINE_SECRET_KEYS"),
        ({"secret_keys": (SecretStr("changeme"),)}, "LEADLINE_SECRET_KEYS"),
        ({"secret_keys": (SecretStr("x" * 40),)}, "LEADLINE_SECRET_KEYS"),
        ({"public_url": ""}, "LEADLINE_PUBLIC_URL"),
        ({"database_url": ""}, "LEADLINE_DATABASE_URL"),
    ],
)
def test_what_is_missing_or_weak_is_named(changes: dict[str, object], named: str) -> None:
    with pytest.raises(UnsafeSettings, match=named) as caught:
        _settings(**changes).check()
    assert "3f9c0a7b" not in str(caught.value)


def test_the_first_of_several_keys_encrypts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_SECRET_KEYS", " first , second ")
    assert Settings().keys() == ["first", "second"]


def test_a_plain_postgres_url_gets_the_async_driver() -> None:
    assert _settings(database_url="postgres://u@h/d").database_url == "postgresql+asyncpg://u@h/d"


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "3f9c0a7b" not in repr(_settings())
