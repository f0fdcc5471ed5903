"""DSNs: whatever the migrator's own address looks like, the other roles' follow from it."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from thin_api import database
from thin_api.settings import ConfigurationError, Settings


@pytest.mark.parametrize(
    "parameters",
    [
        {
            "user": "u",
            "password": "p:/@?#%",
            "host": "db.example.com",
            "port": "5433",
            "dbname": "d",
        },
        {"user": "u", "host": "::1", "port": "5432", "dbname": "d", "sslmode": "require"},
        {"user": "u", "host": "/run/postgresql", "dbname": "d"},
        {"host": "a,b", "port": "1,2", "dbname": "ü d", "options": "-c role=x -c a=b"},
        {"user": "a@b", "password": "p", "dbname": "d/e"},
    ],
)
def test_a_uri_says_what_it_was_made_from(parameters: dict[str, str]) -> None:
    assert conninfo_to_dict(database.to_uri(dict(parameters))) == parameters


def settings(tmp_path: Path, **given: str) -> Settings:
    url = SecretStr(
        "postgresql://boss:secret@h:5433/d?sslmode=require&sslcert=/c&options=-c%20a%3Db"
    )
    return Settings(
        database_url=url,
        data_dir=tmp_path,
        **{name: SecretStr(value) for name, value in given.items()},  # type: ignore[arg-type]
    )


def test_a_login_keeps_the_place_but_not_the_identity(tmp_path: Path) -> None:
    found = conninfo_to_dict(database.dsn("shim", settings(tmp_path, shim_password="pw")))
    assert found == {
        "user": "hookledger_shim", "password": "pw", "host": "h", "port": "5433", "dbname": "d",
        "sslmode": "require", "options": "-c a=b",
    }  # fmt: skip


def test_the_owner_is_the_migrator_in_another_role(tmp_path: Path) -> None:
    found = conninfo_to_dict(database.dsn("owner", settings(tmp_path)))
    assert (found["user"], found["options"]) == ("boss", "-c a=b -c role=hookledger_owner")


def test_an_address_of_its_own_wins(tmp_path: Path) -> None:
    bouncer = "postgresql://hookledger_shim:x@bouncer:6432/d"
    assert database.dsn("shim", settings(tmp_path, shim_database_url=bouncer)) == bouncer


def test_what_cannot_be_given_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no password for hookledger_dba: run `make migr"):
        database.dsn("dba", settings(tmp_path))
    with pytest.raises(ConfigurationError, match="DATABASE_URL is set"):
        database.dsn("superuser", settings(tmp_path))
    with pytest.raises(ConfigurationError, match="no embedded server is running"):
        database.dsn("shim", Settings(data_dir=tmp_path, database_url=None))
    with pytest.raises(ConfigurationError, match="cannot be reached"):
        database.check_server("postgresql://u@127.0.0.1:1/d")
