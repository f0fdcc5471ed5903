"""Which kind of site a source is, against lists that others keep.

The lists are no part of the repository: they are read from the folder `shared` beside it, or from
HOOKLEDGER_SHARED, and the tests are skipped where that is not. Ours is a selection of its own: of
the sources that Google Analytics lists a tenth are sites that are long gone. What it does not hold
is any other site, which is a smaller mistake than a wrong kind; so a wrong kind is never accepted,
but where it is meant.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from thin_api.tests.cluster import Database
from thin_api.tests.shim_fixtures import shared_folder

LISTS = shared_folder() / "providers" / "utm"
# Payment and sign-in pages never become a source, whatever they sell besides.
MEANT = {"checkout.shopify.com", "checkout.stripe.com", "id.twitch.tv", "shop.app", "stripe.com"}

pytestmark = pytest.mark.skipif(
    not LISTS.is_dir(), reason="the lists are not here (set HOOKLEDGER_SHARED)"
)


@pytest.fixture(scope="module")
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.dsn("superuser")) as opened:
        yield opened


def _kinds(connection: psycopg.Connection, sources: list[str]) -> dict[str, str | None]:
    rows = connection.execute(
        "select s, core.source_category(lower(s)) from unnest(%s::text[]) as s", (sources,)
    )
    return dict(rows.fetchall())


def _hosts(name: str) -> list[str]:
    """Return the plain hosts of a YAML file that lists them with dashes."""
    text = (LISTS / name).read_text(encoding="utf-8")
    found = re.findall(r"^ +- '?(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)'?$", text, re.MULTILINE)
    return sorted(set(found))


def _landing_pages() -> list[dict[str, str]]:
    path = LISTS / "shopify_landing_site_examples.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_sources_that_google_analytics_lists(connection: psycopg.Connection) -> None:
    with (LISTS / "ga4_source_categories.csv").open(encoding="utf-8", newline="") as file:
        listed = {
            row["source"]: row["source_category"].removeprefix("SOURCE_CATEGORY_").lower()
            for row in csv.DictReader(file)
        }
    assert len(listed) > 800
    ours = _kinds(connection, list(listed))
    wrong = {s: ours[s] for s, kind in listed.items() if ours[s] not in (kind, None)}
    assert wrong.keys() == MEANT, wrong
    agreed = Counter(kind for s, kind in listed.items() if ours[s] == kind)
    total = Counter(listed.values())
    assert agreed["search"] == total["search"], agreed
    assert agreed["shopping"] + 4 == total["shopping"], agreed
    assert agreed["video"] + 2 == total["video"], agreed
    assert agreed["social"] >= 0.85 * total["social"], agreed


def test_assistants_that_matomo_lists(connection: psycopg.Connection) -> None:
    ours = _kinds(connection, _hosts("matomo_AIAssistants.yml"))
    assert len(ours) >= 20
    assert {host for host, kind in ours.items() if kind != "ai_assistant"} == set()


@pytest.mark.parametrize(
    ("name", "kinds", "share"),
    [
        ("matomo_Socials.yml", {"social", "video"}, 0.75),
        # Half of these are long gone; of search engines Matomo lists each host apart.
        ("matomo_SearchEngines.yml", {"search", "ai_assistant"}, 0.35),
    ],
)
def test_sites_that_matomo_lists(
    connection: psycopg.Connection,
    name: str,
    kinds: set[str],
    share: float,
) -> None:
    ours = _kinds(connection, _hosts(name))
    known = {host: kind for host, kind in ours.items() if kind is not None}
    other = {host: kind for host, kind in known.items() if kind not in kinds}
    assert len(known) >= share * len(ours), len(known)
    assert len(other) <= 0.03 * len(known), other


EXPECTED = {
    "utm_source=listmonk&utm_medium=email": "email",
    "utm_medium=paid&utm_id": "paid_social",  # no source, but fbclid
    "srsltid": "organic_shopping",
    "_ab=0": "direct",
    "brain-freeze": "direct",
    "source=abc": "direct",
    "utm_source=fb&utm_medium=cpc": "paid_social",
    "utm_source=meta": "organic_social",
    "utm_source=ig": "paid_social",
}


@pytest.mark.parametrize("part", EXPECTED)
def test_landing_pages_of_real_orders(connection: psycopg.Connection, part: str) -> None:
    """As they are stored: core.clean_url leaves utm parameters and the names of click ids."""
    pages = [row["landing_site"] for row in _landing_pages() if part in row["landing_site"]]
    assert pages
    found = connection.execute(
        "select distinct core.event_channel(null, null, null, null, null, null, core.clean_url(p),"
        " 'shopify') from unnest(%s::text[]) as p",
        (pages,),
    )
    assert found.fetchall() == [(EXPECTED[part],)]
