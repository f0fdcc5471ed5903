"""The stand-in for the providers' APIs: it confirms the samples, and nothing else."""

import json
import signal
from collections.abc import AsyncIterator

import httpx
import psutil
import pytest

from thin_api import samples, standin
from thin_api.run import ASKED, stand_in
from thin_api.settings import Settings
from thin_api.tests.shim_fixtures import NO_TLS, NOW, until
from thin_api.verify import paypal, paypal_api, toss

pytestmark = pytest.mark.anyio

TOSS_DEMO = {"authorization": standin.basic(toss.DEMO_SETTINGS["api_secret_key"], "")}
PAYPAL_DEMO = {
    "authorization": standin.basic(
        paypal.DEMO_SETTINGS["client_id"], paypal.DEMO_SETTINGS["client_secret"]
    )
}
TOSS_PAYMENTS = [n for n in samples.names("toss") if n.startswith("PAYMENT_STATUS_CHANGED")]


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(standin.create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://stand-in") as client:
        yield client


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("name", TOSS_PAYMENTS)
async def test_toss_confirms_the_payment_of_a_sample(
    api: httpx.AsyncClient, name: str, fresh: bool
) -> None:
    payment = json.loads(samples.load("toss", name, fresh=fresh)[1])["data"]
    for path in (payment["paymentKey"], f"orders/{payment['orderId']}"):
        answer = await api.get(f"/v1/payments/{path}", headers=TOSS_DEMO)
        assert (answer.status_code, answer.json()) == (200, payment)


@pytest.mark.parametrize("path", ["nothing", "orders/nothing"])
async def test_toss_knows_no_other_payment(api: httpx.AsyncClient, path: str) -> None:
    payment = json.loads(samples.load("toss")[1])["data"]
    for asked in (path, f"{path}{payment['paymentKey']}", f"{payment['paymentKey']}x"):
        answer = await api.get(f"/v1/payments/{asked}", headers=TOSS_DEMO)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND_PAYMENT")


async def test_toss_answers_the_demo_alone(api: httpx.AsyncClient) -> None:
    """An endpoint with a key of its own must not take invented payments for real ones."""
    payment = json.loads(samples.load("toss")[1])["data"]
    for headers in ({}, {"authorization": standin.basic("live_sk_of_a_shop", "")}):
        answer = await api.get(f"/v1/payments/{payment['paymentKey']}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED_KEY")


async def asked_of_paypal(
    api: httpx.AsyncClient, webhook_id: str, changed: bytes = b"", **members: str
) -> httpx.Response:
    """Ask whether a sample, signed for the webhook W, is PayPal's."""
    topic, body = samples.load("paypal")
    headers = paypal.sign(body, "W", topic=topic, now=NOW)
    sent = paypal.read_transmission(headers, Settings()).members() | {"webhook_id": webhook_id}
    question = paypal_api.write_message(sent | members, body + changed)
    token = (await api.post(paypal_api.TOKEN_PATH, headers=PAYPAL_DEMO)).json()
    assert token["expires_in"] > 3600
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    return await api.post(paypal_api.VERIFY_PATH, content=question, headers=bearer)


async def test_paypal_confirms_what_was_signed_for_the_webhook(api: httpx.AsyncClient) -> None:
    own = await asked_of_paypal(api, "W")
    assert (own.status_code, own.json()) == (200, {"verification_status": "SUCCESS"})
    for failed in (
        await asked_of_paypal(api, "ANOTHER"),
        await asked_of_paypal(api, "W", b" "),
        await asked_of_paypal(api, "W", transmission_id="another"),
    ):
        assert (failed.status_code, failed.json()) == (200, {"verification_status": "FAILURE"})


async def test_paypal_answers_the_demo_alone(api: httpx.AsyncClient) -> None:
    another = {"authorization": standin.basic("a shop", "its secret")}
    assert (await api.post(paypal_api.TOKEN_PATH, headers=another)).status_code == 401
    for headers in ({}, another, {"authorization": "Bearer guessed"}):
        answer = await api.post(paypal_api.VERIFY_PATH, content=b"{}", headers=headers)
        assert answer.status_code == 401
    bearer = {"authorization": standin.bearer()}
    rubbish = await api.post(paypal_api.VERIFY_PATH, content=b"[", headers=bearer)
    assert rubbish.status_code == 400


async def test_it_comes_back_under_the_same_address_and_stops_when_asked() -> None:
    with stand_in(ASKED) as ((child,), settings):
        url = set(settings.values()).pop()

        async def answers() -> bool:
            child.keep_running()
            try:
                async with httpx.AsyncClient(base_url=url, verify=NO_TLS, timeout=10) as client:
                    return (await client.get("/v1/payments/x")).status_code == 401
            except httpx.TransportError:  # nobody takes it out of the queue yet
                return False

        try:
            await until(answers)
            first = psutil.Process(child.pid)
            listening = [c.laddr.ip for c in first.net_connections() if c.status == "LISTEN"]
            assert listening == ["127.0.0.1"]
            first.send_signal(signal.SIGKILL)
            await until(answers)
            second = psutil.Process(child.pid)
            assert second.pid != first.pid
        finally:
            child.stop()
        assert not second.is_running()


async def test_without_an_api_to_play_nothing_is_started() -> None:
    with stand_in({}) as (children, settings):
        assert (children, settings) == ([], {})
