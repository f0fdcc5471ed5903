"""Drift: in what a live database differs from a fresh build of this checkout."""

import difflib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from thin_api import database
from thin_api.migrate import migrate_database
from thin_api.settings import ConfigurationError

CATALOGUE = Path(__file__).with_name("catalogue.sql")
Catalogue = dict[str, list[str]]
"""The facts about each object, by its name ("function api.health()"), as lines of text."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not as it should be: missing, unexpected or different."""

    object: str
    kind: str
    lines: list[str]
    """What differs: `-` as a fresh build has it, `+` as the live database has it."""


def find_drift(base: str) -> list[Difference]:
    """Compare a database with one built for the purpose on the same server (and dropped again).

    base: the migrator's URI; its login needs CREATEDB. Raises ConfigurationError.
    """
    if not is_migrated(base):
        raise ConfigurationError("there is nothing to compare yet: run `make migrate` first")
    with scratch_database(base) as scratch:
        migrate_database(scratch)
        fresh = read_catalogue(scratch)
    return compare(fresh, read_catalogue(base))


def is_migrated(dsn: str) -> bool:
    """Whether there is any schema of ours."""
    with psycopg.connect(dsn, prepare_threshold=None) as connection:
        found = connection.execute("select to_regclass('core.alembic_version')").fetchone()
    return found is not None and found[0] is not None


def read_catalogue(dsn: str) -> Catalogue:
    """Describe everything in our schemas."""
    found: Catalogue = {}
    with psycopg.connect(dsn) as connection:
        connection.execute("set local search_path = pg_catalog")
        for name, fact in connection.execute(CATALOGUE.read_bytes()):
            found.setdefault(name, []).extend(fact.splitlines())
    return found


def compare(fresh: Catalogue, live: Catalogue) -> list[Difference]:
    """Name each object that differs, in alphabetical order."""
    differences = []
    for name in sorted(fresh.keys() | live.keys()):
        expected, found = fresh.get(name), live.get(name)
        if expected == found:
            continue
        kind = "missing" if found is None else "unexpected" if expected is None else "different"
        diff = difflib.unified_diff(expected or [], found or [], n=1, lineterm="")
        lines = [line for line in diff if not line.startswith(("---", "+++"))]
        differences.append(Difference(name, kind, lines if kind == "different" else []))
    return differences


@contextmanager
def scratch_database(base: str) -> Iterator[str]:
    """Create an empty database beside another for a while; yield its URI."""
    name = f"hookledger_drift_{os.getpid()}"
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    create = sql.SQL("create database {} encoding 'UTF8' template template0")
    with psycopg.connect(base, autocommit=True, prepare_threshold=None) as connection:
        try:
            connection.execute(drop)
            connection.execute(create.format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            raise ConfigurationError(
                "a fresh build is made to compare with: the login of DATABASE_URL needs CREATEDB"
            ) from None
        try:
            yield database.to_uri({**conninfo_to_dict(base), "dbname": name})
        finally:
            connection.execute(drop)
