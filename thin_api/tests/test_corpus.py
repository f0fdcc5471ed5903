"""Real payloads against expectations written by hand; see corpus_expectations.csv.

The payloads are not part of the repository: they are read from the folder `shared` beside it, or
from HOOKLEDGER_SHARED, and all tests here are skipped where that is not. A row names a file, what
is changed in it before it is sent, and what must come of it; an expected reason left empty for an
ignored or accepted webhook is not compared. Each file of each provider needs at least one row.

change: one of CHANGES, perhaps with a number: `untest` makes a test delivery a live one; `unwrap`
takes the object out of a REST answer; `item 2` sends the second document of a file that is a list.
topic: as the provider spells it; where it has a header for it, that header is sent.
settings: the endpoint's, as `key=value` pairs separated by spaces; a bare word is revenue_from.
triggered_at: the x-shopify-triggered-at header to add.
kind to occurred_at: the event. A webhook that tells several has in each of these six columns a
list separated by `;`, in the order of the events (`sale;refund`, parents `;727`); an empty item is
null. The event_type of each is the topic. What the ledger must hold follows from them.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from thin_api.tests.golden import Event, Golden, headers_of, leaves, open_golden
from thin_api.tests.shim_fixtures import SuiteDatabase, shared_folder
from thin_api.verify import forwarded, load_providers

Row = dict[str, str]
PROVIDERS = shared_folder() / "providers"
FOLDERS = ("payloads", "payloads/captured_requests", "constructed")
NO_PAYLOADS = {"signature_vectors.json"}
EVENT_COLUMNS = (
    "kind", "object_id", "parent_object_id", "currency", "amount_minor", "occurred_at",
)  # fmt: skip

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


def _untest(raw: bytes, _: int) -> bytes:
    changed, replaced = re.subn(rb'"test":true', b'"test":false', raw)
    assert replaced
    return changed


CHANGES: Mapping[str, Callable[[bytes, int], bytes]] = {
    "": lambda raw, _: raw,
    "untest": _untest,
    "unwrap": lambda raw, _: json.dumps(_unwrapped(json.loads(raw))).encode(),
    "item": lambda raw, number: json.dumps(json.loads(raw)[number - 1]).encode(),
}


def _delivery(row: Row) -> tuple[str, dict[str, str], bytes]:
    """The provider, headers and body that a row sends."""
    raw = (PROVIDERS / row["file"]).read_bytes()
    provider = row["file"].split("/")[-2]
    headers = headers_of(provider, row["topic"])
    if "captured_requests" in row["file"]:
        captured = json.loads(raw)
        raw = json.dumps(captured["body"], ensure_ascii=False, separators=(",", ":")).encode()
        sent = {name.lower(): value for name, value in captured["headers"].items()}
        headers = forwarded(load_providers()[provider], sent)
        assert row["topic"] in (*headers.values(), captured.get("topic"))
    change, _, number = row["change"].partition(" ")
    raw = CHANGES[change](raw, int(number or 0))
    if change == "untest":
        headers.pop("x-shopify-test", None)
    if row["triggered_at"]:
        headers["x-shopify-triggered-at"] = row["triggered_at"]
    return provider, headers, raw


def _settings(row: Row) -> dict[str, str]:
    pairs = (item.rpartition("=") for item in row["settings"].split())
    return {key or "revenue_from": value for key, _, value in pairs}


def _expected(row: Row) -> list[Event]:
    if row["status"] not in ("accepted", "superseded"):
        return []
    columns = [row[column].split(";") for column in EVENT_COLUMNS]
    return [
        Event(
            row["topic"],
            kind,
            object_id,
            parent or None,
            currency or None,
            int(amount) if amount else None,
            datetime.fromisoformat(at),
        )
        for kind, object_id, parent, currency, amount, at in zip(*columns, strict=True)
    ]


def test_every_payload_has_a_row() -> None:
    present = {
        path.relative_to(PROVIDERS).as_posix()
        for folder in FOLDERS
        for provider in load_providers()
        for path in (PROVIDERS / folder / provider).glob("*.json")
        if path.name not in NO_PAYLOADS
    }
    assert present - {row["file"] for row in _rows()} == set()


@each_row
def test_golden(golden: Golden, row: Row) -> None:
    provider, headers, body = _delivery(row)
    expected = _expected(row)
    target = golden.target(provider, _settings(row))

    answer = golden.send(target, body, headers)

    assert (answer.status, answer.reason if row["reason"] else "") == (row["status"], row["reason"])
    assert golden.events(target) == expected
    letters = [letter.reason for letter in golden.dead(target)]
    assert letters == ([row["reason"]] if row["status"] == "dead" else [])
    signs = {"sale": 1, "refund": -1, "dispute": -1}
    assert sorted(golden.ledger(target)) == sorted(
        (event.kind, event.object_id, event.currency, signs[event.kind] * (event.amount_minor or 0))
        for event in expected
        if event.kind in signs
    )
    assert golden.send(target, body, headers)[:3] == ("duplicate", *answer[1:3])


# -- personal data ---------------------------------------------------------------------------------

PERSONAL = {"contact", "name", "address", "network/device"}
# Listed for the sake of their key, but names of things and states, not of people or places.
IMPERSONAL = re.compile(
    r"(line_items?|properties|note_attributes|fulfillments|plan|coupon|origin_location)(\[\])?\.name$"
    r"|^name$|(customer|consent|^resource)\.state$|account_name$"
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
