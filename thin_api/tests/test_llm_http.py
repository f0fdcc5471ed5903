"""Model calls over HTTP: keys, answers, problems, and that nothing is granted when in doubt."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import psycopg
import pytest

from thin_api.llm import REFUSALS
from thin_api.llm_metrics import DENIALS
from thin_api.problems import OF_MODEL_CALLS, PROBLEMS
from thin_api.tests.cluster import Database
from thin_api.tests.llm_fixtures import Spender, new_spender, reserve
from thin_api.tests.shim_fixtures import new_target, rows, running_shim, stripe_event, until

pytestmark = pytest.mark.anyio


def assert_problem(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert ("retry-after" in response.headers) == (status in (429, 503))
    assert ("www-authenticate" in response.headers) == (status == 401)
    assert "sentinel" not in response.text


async def test_a_call_is_reserved_settled_and_told_again(database: Database) -> None:
    spender = new_spender(database, 1000)
    async with running_shim(database) as shim:
        first = await spender.reserve(shim, "c-1", 600, max_output_tokens=100)
        assert first.status_code == 200
        grant = first.json()
        assert (grant["action"], grant["model"], grant["estimated_micros"]) == (
            "ALLOW",
            "cheap",
            700,
        )
        again = await spender.reserve(shim, "c-1", 600, max_output_tokens=100)
        assert again.json() == grant
        assert spender.budget()["reserved_micros"] == 700
        for _ in range(2):
            settled = await spender.post(shim, "/c-1/settle", input_tokens=600, output_tokens=50)
            assert settled.json() == {
                "status": "settled",
                "model": "cheap",
                "reserved_micros": 700,
                "settled_micros": 650,
                "is_late": False,
                "exceeds_reservation": False,
                "overdraws_budget": False,
            }
        other = await spender.reserve(shim, "c-2", 200)
        assert other.status_code == 200
        for _ in range(2):
            released = await spender.post(shim, "/c-2/release")
            assert released.json()["status"] == "released"
    state = spender.budget()
    assert (state["settled_micros"], state["reserved_micros"]) == (650, 0)


async def test_a_denial_says_when_to_come_back(database: Database) -> None:
    spender = new_spender(database, 1000)
    async with running_shim(database) as shim:
        assert (await spender.reserve(shim, "c-1", 900)).status_code == 200
        denied = await spender.reserve(shim, "c-2", 200)
        assert_problem(denied, 429, "budget_exhausted")
        resets_at = datetime.fromisoformat(denied.json()["resets_at"])
        seconds = (resets_at - datetime.now(UTC)).total_seconds()
        assert resets_at.time().isoformat() == "00:00:00"
        assert abs(int(denied.headers["retry-after"]) - seconds) < 60
    assert spender.actions() == {"ALLOW": 1, "BLOCK": 1}


async def test_a_call_above_the_whole_cap_is_told_the_reset_too(database: Database) -> None:
    spender = new_spender(database, 1000)
    async with running_shim(database) as shim:
        denied = await spender.reserve(shim, "c-1", 1001)
    assert_problem(denied, 429, "estimate_too_large")
    assert datetime.fromisoformat(denied.json()["resets_at"]).time().isoformat() == "00:00:00"


async def test_what_no_waiting_cures_has_no_retry_after(database: Database) -> None:
    spender = new_spender(database, 1000, allow_premium=False)
    async with running_shim(database) as shim:
        answers = {
            "unknown_model": await spender.reserve(shim, "c-2", model="sentinel-model"),
            "premium_not_allowed": await spender.reserve(shim, "c-3", 10**6, model="dear"),
        }
        with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
            connection.execute("select api.remove_llm_budget(%s, 'all')", [spender.tenant_id])
        answers["no_budget"] = await spender.reserve(shim, "c-4")
    for code, answer in answers.items():
        assert_problem(answer, PROBLEMS[code][0], code)
        assert answer.json()["resets_at"] is None
    assert spender.actions() == {"BLOCK": 3}


async def test_only_a_live_key_of_the_tenant_is_let_in(database: Database) -> None:
    spender, other = new_spender(database), new_spender(database)
    # The right tenant with another's random part, and the other way round.
    mixed = [
        f"{spender.key[:36]}{other.key[36:]}",
        f"{other.key[:36]}{spender.key[36:]}",
        f"hl_{uuid4().hex}{spender.key[35:]}",
        spender.key.upper(),
        spender.key[:-1],
        f"{spender.key}0",
        "",
        "x" * 70_000,
    ]
    call = {"request_id": "c", "model": "cheap", "input_tokens": 1, "max_output_tokens": 1}
    async with running_shim(database) as shim:
        for key in mixed:
            headers = {"authorization": f"Bearer {key}"}
            answer = await shim.client.post("/llm/reservations", json=call, headers=headers)
            assert_problem(answer, 401, "bad_key")
        answer = await shim.client.post("/llm/reservations", json=call)
        assert_problem(answer, 401, "missing_key")
        assert (await spender.reserve(shim, "c")).status_code == 200
        assert_problem(await other.post(shim, "/c/release"), 404, "unknown_request")
    kept = "select key_sha256 = sha256(%s) from core.llm_keys where tenant_id = %s"
    assert rows(database, kept, spender.key.encode(), spender.tenant_id) == [(True,)]


async def test_a_revoked_key_ends_with_the_cache_and_a_new_one_works_at_once(
    database: Database,
) -> None:
    spender = new_spender(database)
    async with running_shim(database, endpoint_cache_seconds=0.2) as shim:
        assert (await spender.reserve(shim, "c-1")).status_code == 200
        with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
            ((revoked, key),) = connection.execute(
                "select api.revoke_llm_keys(%s), api.create_llm_key(%s)",
                (spender.tenant_id, spender.tenant_id),
            ).fetchall()
        assert revoked == 1

        async def is_refused() -> bool:
            return (await spender.reserve(shim, "c-1")).status_code == 401

        await until(is_refused)
    renewed = Spender(database, spender.tenant_id, key)
    async with running_shim(database, endpoint_cache_seconds=600) as shim:
        assert (await renewed.reserve(shim, "c-2")).status_code == 200
        with psycopg.connect(database.dsn("dba"), autocommit=True) as connection:
            ((key,),) = connection.execute(
                "select api.create_llm_key(%s)", [spender.tenant_id]
            ).fetchall()
        newest = Spender(database, spender.tenant_id, key)

        async def is_let_in() -> bool:
            return (await newest.reserve(shim, "c-3")).status_code == 200

        await until(is_let_in)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "bad_request"),
        (b"\xff", 400, "bad_request"),
        (b"[]", 422, "invalid_call"),
        (b"{}", 422, "invalid_call"),
        (b" " * 20_000, 413, "body_too_large"),
    ],
)
async def test_a_body_that_says_nothing(
    database: Database, body: bytes, status: int, code: str
) -> None:
    spender = new_spender(database)
    async with running_shim(database) as shim:
        answer = await shim.client.post(
            "/llm/reservations", content=body, headers=spender.authorization
        )
    assert_problem(answer, status, code)
    assert spender.actions() == {}


BADLY_STATED: tuple[dict[str, object], ...] = (
    {"request_id": ""},
    {"request_id": "a b"},
    {"request_id": "a/b"},
    {"request_id": "x" * 129},
    {"request_id": "sentinel@example.com"},
    {"request_id": "DE89370400440532013000"},
    {"model": None},
    {"model": "-"},
    {"input_tokens": -1},
    {"input_tokens": 1.5},
    {"input_tokens": "1"},
    {"input_tokens": True},
    {"input_tokens": 10**9 + 1},
    {"input_tokens": 10**40},
    {"max_output_tokens": None},
    {"ttl_seconds": 0},
    {"ttl_seconds": 86_401},
    {"purpose": ""},
    {"correlation_id": "sentinel\u0000"},
    {"extra": 1},
)


async def test_a_call_that_is_not_stated_properly(database: Database) -> None:
    spender = new_spender(database)
    call = {"request_id": "c-1", "model": "cheap", "input_tokens": 1, "max_output_tokens": 1}
    async with running_shim(database) as shim:
        for changes in BADLY_STATED:
            assert_problem(await spender.post(shim, "", **(call | changes)), 422, "invalid_call")
        missing = [{k: v for k, v in call.items() if k != name} for name in call]
        for incomplete in missing:
            assert_problem(await spender.post(shim, "", **incomplete), 422, "invalid_call")
    assert spender.actions() == {}


async def test_conflicts(database: Database) -> None:
    spender = new_spender(database)
    async with running_shim(database) as shim:
        assert (await spender.reserve(shim, "c-1", 100)).status_code == 200
        assert_problem(await spender.reserve(shim, "c-1", 101), 409, "request_conflict")
        used = {"input_tokens": 10, "output_tokens": 0}
        assert (await spender.post(shim, "/c-1/settle", **used)).status_code == 200
        changed = used | {"output_tokens": 1}
        assert_problem(await spender.post(shim, "/c-1/settle", **changed), 409, "request_conflict")
        assert_problem(await spender.post(shim, "/c-1/release"), 409, "request_finished")
        assert_problem(await spender.reserve(shim, "c-1", 100), 409, "request_finished")
        assert_problem(await spender.post(shim, "/c-9/settle", **used), 404, "unknown_request")
        assert_problem(await spender.post(shim, "/a%00b/release"), 404, "unknown_request")
    assert spender.budget()["settled_micros"] == 10


async def test_one_hundred_fit_through_http(database: Database) -> None:
    spender = new_spender(database, 2000)
    async with running_shim(database) as shim:
        answers = await asyncio.gather(*(spender.reserve(shim, f"c-{n}") for n in range(60)))
    assert sorted(answer.status_code for answer in answers) == [200] * 20 + [429] * 40
    assert spender.actions() == {"ALLOW": 20, "BLOCK": 40}


async def test_a_slow_store_never_fails_open(database: Database) -> None:
    """Somebody holds the budget: no answer in time is a refusal, and nothing is granted later."""
    spender, target = new_spender(database), new_target(database)
    changes = {"statement_timeout_seconds": 0.5, "pool_timeout_seconds": 1.0, "pool_max_size": 4}
    async with running_shim(database, **changes) as shim:
        with psycopg.connect(database.dsn("dba")) as holder:
            assert reserve(holder, spender, "held", 1)[0] == "ALLOW"
            answers = await asyncio.gather(
                *(spender.reserve(shim, f"c-{n}") for n in range(6)),
                *(shim.deliver(target, stripe_event()) for _ in range(6)),
            )
            holder.rollback()
        for answer in answers[:6]:
            assert_problem(answer, 503, "unavailable")
        # Webhooks do not wait behind it.
        assert [answer.status_code for answer in answers[6:]] == [200] * 6
        assert spender.actions() == {}
        assert (await spender.reserve(shim, "c-0")).status_code == 200


async def test_an_open_circuit_is_told_and_counted(database: Database) -> None:
    spender = new_spender(database, calls_per_minute=2, circuit_seconds=300)
    async with running_shim(database) as shim:
        answers = [await spender.reserve(shim, f"c-{n}") for n in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
        assert_problem(answers[2], 429, "circuit_open")
        assert 290 < int(answers[2].headers["retry-after"]) <= 300
        assert (await shim.client.get("/readyz")).status_code == 200
        metrics = await shim.metrics()
    assert "hookledger_llm_circuits_open 1.0" in metrics
    counted = (
        'hookledger_llm_requests_total{operation="reserve",outcome="block",reason="circuit_open"}'
    )
    assert f"{counted} 2.0" in metrics
    assert str(spender.tenant_id) not in metrics


async def test_every_problem_of_model_calls_is_used() -> None:
    assert PROBLEMS.keys() >= OF_MODEL_CALLS
    assert DENIALS | set(REFUSALS.values()) | {"missing_key", "bad_key"} == OF_MODEL_CALLS
