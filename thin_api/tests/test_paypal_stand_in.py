"""What `hookledger send` signs for PayPal: the stand-in confirms it, nobody else does."""

from uuid import UUID

import pytest

from thin_api.settings import Settings
from thin_api.tests.paypal_fixtures import refusal
from thin_api.tests.shim_fixtures import NOW, NOWHERE
from thin_api.verify import forwarded, load_providers, paypal

pytestmark = pytest.mark.anyio

BODY = b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}'


def question(headers: dict[str, str], webhook_id: str) -> dict[str, str]:
    transmission = paypal.read_transmission(headers, Settings())
    return transmission.members() | {"webhook_id": webhook_id}


async def test_what_is_signed_here_is_refused_offline_without_asking() -> None:
    headers = paypal.sign(BODY, "ID", topic=None, now=NOW)
    assert (await refusal(NOWHERE, headers, BODY, "ID")) == "bad_signature"
    expected = {k: headers[k] for k in (paypal.ID, paypal.TIME, paypal.CERT_URL, paypal.ALGORITHM)}
    assert forwarded(load_providers()["paypal"], headers) == expected


def test_the_same_body_signed_again_is_the_same_transmission() -> None:
    first = paypal.sign(BODY, "ID", topic=None, now=NOW)
    again = paypal.sign(BODY, "ID", topic=None, now=NOW + 60)
    assert UUID(first[paypal.ID]).version == 1
    assert again[paypal.ID] == first[paypal.ID]
    assert paypal.sign(BODY + b" ", "ID", topic=None, now=NOW)[paypal.ID] != first[paypal.ID]


def test_the_stand_in_accepts_what_is_signed_here_and_nothing_else() -> None:
    headers = paypal.sign(BODY, "ID", topic=None, now=NOW)
    asked = question(headers, "ID")
    assert paypal.stand_in_accepts(asked, BODY)
    assert not paypal.stand_in_accepts(asked, BODY + b" ")
    assert not paypal.stand_in_accepts({}, BODY)
    unnamed = question(paypal.sign(BODY, "", topic=None, now=NOW), "")
    assert not paypal.stand_in_accepts(unnamed, BODY)
    for member, value in asked.items():
        for wrong in (value + "x", value[:-1], "", None, 1, [value], "\ud800"):
            assert not paypal.stand_in_accepts({**asked, member: wrong}, BODY), (member, wrong)
        assert not paypal.stand_in_accepts({k: asked[k] for k in asked if k != member}, BODY)


def test_a_new_secret_has_the_shape_of_a_webhook_id() -> None:
    made = {paypal.new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(len(m) == 17 and m.isascii() and m.isalnum() and m == m.upper() for m in made)
