"""Settings: what the environment says, and what is said back when it is wrong."""

from pathlib import Path

import pytest

from thin_api.settings import ConfigurationError, load_settings, resolve_secret


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("HOOKLEDGER_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


def test_defaults() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.database_url) == ("127.0.0.1", 8000, None)
    assert settings.data_dir == Path(".hookledger")
    assert settings.max_body_bytes == 2 * 1024 * 1024


def test_where_providers_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOKLEDGER_PAYPAL_API_URL", "https://api-m.sandbox.paypal.com")
    monkeypatch.setenv("HOOKLEDGER_PAYPAL_CERT_HOSTS", " api.sandbox.paypal.com,, pay.example:8443")
    monkeypatch.setenv("HOOKLEDGER_TOSS_API_URL", "")
    settings = load_settings()
    assert settings.paypal_cert_hosts == ("api.sandbox.paypal.com", "pay.example:8443")
    assert settings.toss_api_url == "https://api.tosspayments.com"
    # `hookledger run` plays what the user did not name, and an empty variable names nothing.
    assert "paypal_api_url" in settings.model_fields_set
    assert "toss_api_url" not in settings.model_fields_set


def test_secrets_by_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("from file\n")
    monkeypatch.setenv("SOME_SECRET", "from env")
    assert resolve_secret("env:SOME_SECRET") == "from env"
    assert resolve_secret(f"file:{tmp_path}/secret") == "from file"
    assert resolve_secret("whsec_literal") == "whsec_literal"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("env:NOT_SET_AT_ALL", "NOT_SET_AT_ALL is not set"),
        ("file:/nonexistent/secret", "file:/nonexistent/secret: No such file"),
        ("file:/dev/null", "is empty"),
    ],
)
def test_a_reference_to_nothing_is_named(reference: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        resolve_secret(reference)


@pytest.mark.parametrize(
    "given",
    [
        "postgresql+psycopg://u:p@h:5433/d",
        "postgres://u:p@h:5433/d",
        "postgresql://u:p@h:5433/d",
        "env:THE_URL",
    ],
)
def test_forms_of_the_database_url(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_URL", "postgresql://u:p@h:5433/d")
    monkeypatch.setenv("DATABASE_URL", given)
    url = load_settings().database_url
    assert url is not None
    assert url.get_secret_value() == "postgresql://u:p@h:5433/d"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("HOOKLEDGER_PORT", "eighty", "HOOKLEDGER_PORT: input should be a valid integer"),
        ("HOOKLEDGER_PORT", "70000", "HOOKLEDGER_PORT: input should be less than"),
        ("HOOKLEDGER_POOL_MIN_SIZE", "99", "must not be greater than HOOKLEDGER_POOL_MAX_SIZE"),
        ("DATABASE_URL", "mysql://secret@h/d", "DATABASE_URL: not a PostgreSQL address"),
        ("DATABASE_URL", "env:NOT_SET", "NOT_SET is not set"),
    ],
)
def test_mistakes_are_named(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert message in str(caught.value)
    assert "secret@" not in str(caught.value)
