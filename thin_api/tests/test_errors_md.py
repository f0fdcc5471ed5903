"""sql/errors.md lists exactly what core.errors() catalogues."""

import re

import psycopg

from thin_api import ROOT
from thin_api.tests.cluster import Database

ROW = re.compile(r"^\| `(?P<reason>[a-z0-9_]+)` \| `(?P<sqlstate>[A-Z0-9]{5})` \|", re.MULTILINE)


def test_the_page_lists_exactly_the_catalogue(database: Database) -> None:
    """Reason and SQLSTATE, each once, in the catalogue's order."""
    page = (ROOT / "sql" / "errors.md").read_text(encoding="utf-8")
    with psycopg.connect(database.dsn("superuser")) as connection:
        catalogue = connection.execute("select reason, sqlstate from core.errors()").fetchall()
    assert ROW.findall(page) == catalogue
