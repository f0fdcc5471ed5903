"""Our own samples against expectations written by hand."""

import json
import re
from collections.abc import Iterator
from datetime import datetime

import pytest

from thin_api.samples import load, names, renew
from thin_api.tests.expected_samples import EXPECTED, PERSONAL, Expected
from thin_api.tests.golden import Event, Golden, headers_of, leaves, open_golden
from thin_api.tests.shim_fixtures import SuiteDatabase
from thin_api.verify import load_providers

SAMPLES = sorted({key[:2] for key in EXPECTED})


def ledger_of(events: list[Expected]) -> list[tuple[str, str, str | None, int]]:
    """What the ledger must hold after these events, sorted; a fact told twice counts once."""
    signs = {"sale": 1, "refund": -1, "dispute": -1}
    entries = {
        (kind, object_id, currency, signs[kind] * (amount or 0))
        for kind, object_id, _, currency, amount, _ in events
        if kind in signs
    }
    return sorted(entries, key=str)


@pytest.fixture(scope="module")
def golden(database: SuiteDatabase) -> Iterator[Golden]:
    with open_golden(database) as opened:
        yield opened


def test_all_samples_are_expected() -> None:
    found = [(provider, name) for provider in load_providers() for name in names(provider)]
    assert sorted(found) == SAMPLES


@pytest.mark.parametrize("provider", load_providers())
def test_the_default_sample_books_a_sale(provider: str) -> None:
    events = EXPECTED[provider, load_providers()[provider].SAMPLE, ""]
    assert [event[0] for event in events] == ["sale"]


@pytest.mark.parametrize(("provider", "name", "settings"), EXPECTED)
def test_golden(golden: Golden, provider: str, name: str, settings: str) -> None:
    topic, body = load(provider, name, fresh=False)
    target = golden.target(provider, dict([settings.split("=")] if settings else []))
    answer = golden.send(target, body, headers_of(provider, topic))
    expected = EXPECTED[provider, name, settings]
    told = ("accepted", None) if expected else ("ignored", "topic")
    assert (answer.status, answer.reason) == told
    event_type = "touch.recorded" if topic == "touch.batch" else topic
    assert golden.events(target) == [
        Event(event_type, *event[:5], datetime.fromisoformat(event[5])) for event in expected
    ]
    assert golden.ledger(target) == ledger_of(expected)


@pytest.mark.parametrize(
    ("provider", "sales"),
    [
        ("shopify", ["orders/create", "orders/paid"]),
        ("stripe", ["charge.succeeded", "payment_intent.succeeded"]),
        ("woocommerce", ["order.created", "order.updated"]),
        ("standard", ["order.paid", "touch.recorded"]),
        ("toss", ["PAYMENT_STATUS_CHANGED", "PAYMENT_STATUS_CHANGED~deposited"]),
    ],
)
def test_touch_of_a_sale(golden: Golden, provider: str, sales: list[str]) -> None:
    """All tellings of a sale join one session, under a pseudonym of the tenant."""
    target = golden.target(provider)
    for name in sales:
        topic, body = load(provider, name, fresh=False)
        golden.send(target, body, headers_of(provider, topic))
    query = """select utm_source, utm_medium, utm_campaign, array_agg(distinct session_id)
                 from core.attribution_events where tenant_id = %s group by 1, 2, 3"""
    (touch,) = golden.superuser.execute(query, [target.tenant_id]).fetchall()
    *utm, (session_id,) = touch
    assert utm == ["newsletter", "email", "spring_linen"]
    assert session_id not in (None, "SAMPLEsession5d0c9b")


@pytest.mark.parametrize(("provider", "name"), SAMPLES)
def test_nothing_personal_is_kept(golden: Golden, provider: str, name: str) -> None:
    topic, body = load(provider, name)
    target = golden.target(provider)
    golden.send(target, body, headers_of(provider, topic))
    kept = golden.kept_text(target)
    assert [text for text in PERSONAL if text in kept] == []


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("provider", load_providers())
def test_all_samples_of_a_provider_are_one_story(
    golden: Golden, provider: str, turned: bool
) -> None:
    """Each fact is booked once, in whichever order the samples come."""
    target = golden.target(provider)
    for name in names(provider)[:: -1 if turned else 1]:
        topic, body = load(provider, name, fresh=False)
        answer = golden.send(target, body, headers_of(provider, topic))
        assert answer.status != "dead", (name, answer)
    told = [EXPECTED[provider, name, ""] for name in names(provider)]
    assert golden.ledger(target) == ledger_of([event for events in told for event in events])


@pytest.mark.parametrize(("provider", "name"), SAMPLES)
def test_fresh_ids(provider: str, name: str) -> None:
    topic, fixed = load(provider, name, fresh=False)
    _, body = load(provider, name)
    _, again = load(provider, name)
    assert topic == name.partition("~")[0]
    assert fixed == load(provider, name, fresh=False)[1]
    assert len({fixed, body, again}) == 3
    assert b"SAMPLE" not in body
    assert b"9000000000000000" not in body
    before, after = (dict(leaves(json.loads(text))) for text in (fixed, body))
    assert before.keys() == after.keys()
    numbers = [value for value in after.values() if isinstance(value, int) and value > 2**53]
    assert all(value < 2**63 for value in numbers)


def test_ids_that_match_still_match() -> None:
    body = renew(
        b'{"id":9000000000000000001,"gid":"Order/9000000000000000001","ref":"xSAMPLE-SAMPLE"}'
    )
    fresh = json.loads(body)
    assert fresh["gid"] == f"Order/{fresh['id']}"
    assert re.fullmatch(r"x(\w+)-\1", fresh["ref"])


def test_unknown_sample_is_named() -> None:
    with pytest.raises(LookupError, match=r"'nothing'.*orders/paid"):
        load("shopify", "nothing")
    with pytest.raises(LookupError, match="none"):
        load("nobody")
