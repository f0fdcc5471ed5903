"""Real payloads against expectations written by hand; see corpus_expectations.csv.

The payloads are not part of the repository: they are read from the folder `shared` beside it, or
from HOOKLEDGER_SHARED, and all tests here are skipped where that is not. A row names a file, what
is changed in it before it is sent, and what must come of it; an expected reason left empty for an
ignored or accepted webhook is not compared.

change: `untest` makes a test delivery a live one; `unwrap` takes the object out of a REST answer.
settings: the endpoint's revenue_from. triggered_at: the Triggered-At header to add.
"""

import csv
import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from thin_api.tests.golden import Event, Golden, headers_of, leaves, open_golden
from thin_api.tests.shim_fixtures import SuiteDatabase, shared_folder

Row = dict[str, str]
PROVIDERS = shared_folder() / "providers"
FOLDERS = tuple(
    f"{folder}/{provider}"
    for folder in ("payloads", "payloads/captured_requests", "constructed")
    for provider in ("shopify", "stripe")
)
NOT_FORWARDED = re.compile(r"(x-shopify-)?(hmac-sha256|order-id|trace-context)$")

pytestmark = pytest.mark.skipif(
    not PROVIDERS.is_dir(), reason="the real payloads are not here (set HOOKLEDGER_SHARED)"
)


def _rows() -> list[Row]:
    path = Path(__file__).with_name("corpus_expectations.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _id(row: Row) -> str:
    name = row["file"].removeprefix("payloads/").removesuffix(".json")
    return "-".join(filter(None, (name, row["change"], row["topic"], row["settings"])))


each_row = pytest.mark.parametrize("row", _rows(), ids=_id)


@pytest.fixture(scope="module")
def golden(database: SuiteDatabase) -> Iterator[Golden]:
    with open_golden(database) as opened:
        yield opened


def _unwrapped(value: Any) -> Any:
    """The resource inside {"order": …}, {"refund": …} or {"orders": […]}; else the value itself."""
    if isinstance(value, dict) and len(value) == 1:
        (inner,) = value.values()
        return inner[0] if isinstance(inner, list) else inner
    return value


def _delivery(row: Row) -> tuple[str, dict[str, str], bytes]:
    """The provider, headers and body that a row sends."""
    raw = (PROVIDERS / row["file"]).read_bytes()
    provider = "shopify" if "/shopify/" in row["file"] else "stripe"
    headers = headers_of(provider, row["topic"])
    if "captured_requests" in row["file"]:
        captured = json.loads(raw)
        raw = json.dumps(captured["body"], ensure_ascii=False, separators=(",", ":")).encode()
        sent = {name.lower(): value for name, value in captured["headers"].items()}
        headers = {
            name: value
            for name, value in sent.items()
            if name.startswith("x-shopify-") and not NOT_FORWARDED.match(name)
        }
        assert headers.get("x-shopify-topic") in (None, row["topic"])
    if row["change"] == "untest":
        raw, replaced = re.subn(rb'"test":true', b'"test":false', raw)
        assert replaced
        headers.pop("x-shopify-test", None)
    elif row["change"] == "unwrap":
        raw = json.dumps(_unwrapped(json.loads(raw))).encode()
    if row["triggered_at"]:
        headers["x-shopify-triggered-at"] = row["triggered_at"]
    return provider, headers, raw


def _expected(row: Row) -> Event:
    return Event(
        row["topic"],
        row["kind"],
        row["object_id"],
        row["parent_object_id"] or None,
        row["currency"] or None,
        int(row["amount_minor"]) if row["amount_minor"] else None,
        datetime.fromisoformat(row["occurred_at"]),
    )


def test_every_payload_has_a_row() -> None:
    files = (path for folder in FOLDERS for path in (PROVIDERS / folder).glob("*.json"))
    present = {path.relative_to(PROVIDERS).as_posix() for path in files}
    assert present - {row["file"] for row in _rows()} == set()


@each_row
def test_golden(golden: Golden, row: Row) -> None:
    provider, headers, body = _delivery(row)
    settings = {"revenue_from": row["settings"]} if row["settings"] else {}
    target = golden.target(provider, settings)

    answer = golden.send(target, body, headers)

    assert (answer.status, answer.reason if row["reason"] else "") == (row["status"], row["reason"])
    assert golden.events(target) == ([_expected(row)] if row["status"] == "accepted" else [])
    letters = [letter.reason for letter in golden.dead(target)]
    assert letters == ([row["reason"]] if row["status"] == "dead" else [])
    signs = {"sale": 1, "refund": -1, "dispute": -1}
    booked = [(entry[0], entry[2], entry[3]) for entry in golden.ledger(target)]
    if row["kind"] in signs:
        amount = signs[row["kind"]] * int(row["amount_minor"])
        assert booked == [(row["kind"], row["currency"], amount)]
    else:
        assert booked == []
    assert golden.send(target, body, headers)[:3] == ("duplicate", *answer[1:3])


# -- personal data ---------------------------------------------------------------------------------

PERSONAL = {"contact", "name", "address", "network/device"}
# Listed for the sake of their key, but names of things and states, not of people or places.
IMPERSONAL = re.compile(
    r"(line_items?|properties|note_attributes|fulfillments|plan|coupon|origin_location)(\[\])?\.name$"
    r"|^name$|(customer|consent)\.state$|account_name$"
)
# Placeholders of anonymised files and words that say nothing about a person.
GENERIC = {"example string", "united states", "canada", "https://www.example.com/"}
SHORTEST = 5  # a shorter text (a country code, "NY") is found by chance


@cache
def _personal_paths(provider: str) -> set[str]:
    path = PROVIDERS / "PII_PATHS.csv"
    with path.open(encoding="utf-8", newline="") as file:
        listed = [row for row in csv.reader(file) if row[0] == provider and row[2] in PERSONAL]
    return {row[1] for row in listed if not IMPERSONAL.search(row[1])}


def _personal_values(provider: str, body: bytes) -> set[str]:
    document = json.loads(body)
    texts = {
        value.casefold()
        for part in (document, _unwrapped(document))
        for path, value in leaves(part)
        if isinstance(value, str) and path in _personal_paths(provider)
    }
    return {text for text in texts if len(text) >= SHORTEST and text not in GENERIC}


@each_row
def test_nothing_personal_is_kept(golden: Golden, row: Row) -> None:
    provider, headers, body = _delivery(row)
    personal = _personal_values(provider, body)
    target = golden.target(provider)
    golden.send(target, body, headers)
    kept = golden.kept_text(target)
    assert {text for text in personal if text in kept} == set()


def test_personal_values_are_looked_for() -> None:
    """The test above must not pass for want of values."""
    counts = [len(_personal_values(*_delivery(row)[::2])) for row in _rows()]
    assert sum(counts) > 100
