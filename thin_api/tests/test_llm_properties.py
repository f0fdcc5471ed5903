"""Any sequence of calls: what is settled and reserved never exceeds a cap when a call is granted.

The rules run against the database; beside it stands a model of what each call holds and costs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from psycopg.types.json import Jsonb

from thin_api.tests.cluster import Database

PRICE = {"dear": 10, "cheap": 1}  # micros per token
CAPS = {"all": 1000, "model:dear": 400, "purpose:p": 300}
TTL = timedelta(minutes=10)
DECIDE = "select d.* from core.decide_llm_call(%s, %s, %s, %s, 0, %s, %s, null, %s) as d"
SETTLE = "select o.* from core.settle_llm_reservation(%s, %s, %s, 0, %s) as o"
RELEASE = "select o.* from core.release_llm_reservation(%s, %s, %s) as o"
STATE = (
    "select s.scope, s.settled_micros, s.reserved_micros from unnest(core.read_llm_budgets("
    "%s, array['all', 'model:dear', 'purpose:p'], %s)) as s"
)


@dataclass
class Call:
    """What the model knows of a granted call."""

    day: int
    requested: str
    model: str
    tokens: int
    purpose: str | None
    ends: datetime
    status: str = "reserved"
    spent: int = 0
    used: int = 0

    @property
    def held(self) -> int:
        return self.tokens * PRICE[self.model]

    def falls_under(self, scope: str) -> bool:
        return scope in ("all", f"model:{self.model}", f"purpose:{self.purpose}")


class Budgets(RuleBasedStateMachine):
    """Calls, settlements and releases in any order, while the clock goes on."""

    connection: ClassVar[psycopg.Connection[Any]]

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
        self.calls: dict[str, Call] = {}
        self.asked = 0
        self.execute("begin")
        self.tenant = self.execute("select api.create_tenant('a test')")[0][0]
        for scope, cap in CAPS.items():
            self.execute(
                "select api.set_llm_budget(%s, %s, 'day', %s, %s)",
                *(self.tenant, scope, cap, Jsonb({})),
            )

    def teardown(self) -> None:
        self.execute("rollback")

    def execute(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []

    @contextmanager
    def refused_by(self, *sqlstates: str) -> Iterator[None]:
        self.execute("savepoint before")
        with pytest.raises(psycopg.DatabaseError) as refusal:
            yield
        assert refusal.value.sqlstate in sqlstates
        self.execute("rollback to before")

    def used(self, scope: str, day: int) -> int:
        """What counts for a budget in a day, by the model."""
        return sum(
            call.spent + (call.held if call.status == "reserved" else 0)
            for call in self.calls.values()
            if call.day == day and call.falls_under(scope)
        )

    def expire(self) -> None:
        for call in self.calls.values():
            if call.status == "reserved" and call.ends <= self.now:
                call.status = "expired"

    def fits(self, model: str, tokens: int, purpose: str | None) -> bool:
        call = Call(self.now.day, model, model, tokens, purpose, self.now)
        return all(
            self.used(scope, self.now.day) + call.held <= cap
            for scope, cap in CAPS.items()
            if call.falls_under(scope)
        )

    @rule(
        model=st.sampled_from(sorted(PRICE)),
        tokens=st.integers(0, 150),
        purpose=st.sampled_from([None, "p"]),
    )
    def reserve(self, model: str, tokens: int, purpose: str | None) -> None:
        self.reserve_tokens(model, tokens, purpose)

    def reserve_tokens(self, model: str, tokens: int, purpose: str | None) -> None:
        self.asked += 1
        self.expire()
        request_id = f"c-{self.asked}"
        expected = [m for m in ([model, "cheap"]) if self.fits(m, tokens, purpose)]
        ((action, granted, cost, *_),) = self.execute(
            DECIDE, self.tenant, request_id, model, tokens, TTL, purpose, self.now
        )
        if not expected:
            assert (action, granted) == ("BLOCK", None)
            return
        assert granted == expected[0]
        assert action == ("ALLOW" if granted == model else "FALLBACK")
        assert cost == tokens * PRICE[granted]
        ends = self.now + TTL
        self.calls[request_id] = Call(self.now.day, model, granted, tokens, purpose, ends)
        for scope, cap in CAPS.items():
            if self.calls[request_id].falls_under(scope):
                assert self.used(scope, self.now.day) <= cap

    @rule(
        model=st.sampled_from(sorted(PRICE)),
        purpose=st.sampled_from([None, "p"]),
        more=st.integers(0, 1),
    )
    def reserve_what_is_left(self, model: str, purpose: str | None, more: int) -> None:
        """Exactly that, or a token more."""
        self.expire()
        call = Call(self.now.day, model, model, 0, purpose, self.now)
        left = min(
            cap - self.used(scope, self.now.day)
            for scope, cap in CAPS.items()
            if call.falls_under(scope)
        )
        self.reserve_tokens(model, max(left, 0) // PRICE[model] + more, purpose)

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(sorted(self.calls)))
        call = self.calls[request_id]
        arguments = (
            *(self.tenant, request_id, call.requested, call.tokens),
            *(TTL, call.purpose, self.now),
        )
        if call.status == "reserved" and call.ends > self.now:
            assert self.execute(DECIDE, *arguments)[0][1:3] == (call.model, call.held)
        else:
            with self.refused_by("HL075"):
                self.execute(DECIDE, *arguments)

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), tokens=st.integers(0, 300))
    def settle(self, data: st.DataObject, tokens: int) -> None:
        request_id = data.draw(st.sampled_from(sorted(self.calls)))
        call = self.calls[request_id]
        if call.status == "settled" and call.used != tokens:
            with self.refused_by("HL074"):
                self.execute(SETTLE, self.tenant, request_id, tokens, self.now)
            return
        ((status, _, _, settled, *_),) = self.execute(
            SETTLE, self.tenant, request_id, tokens, self.now
        )
        assert (status, settled) == ("settled", tokens * PRICE[call.model])
        call.status, call.spent, call.used = "settled", settled, tokens

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(sorted(self.calls)))
        call = self.calls[request_id]
        if call.status == "settled":
            with self.refused_by("HL075"):
                self.execute(RELEASE, self.tenant, request_id, self.now)
            return
        ((status, *_),) = self.execute(RELEASE, self.tenant, request_id, self.now)
        call.status = "released" if call.status == "reserved" else call.status
        assert status == call.status

    @rule(minutes=st.sampled_from([1, 9, 10, 40]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def change_the_period_and_back(self) -> None:
        """Counting anew from the calls changes nothing that is settled."""
        for period in ("rolling", "day"):
            self.execute(
                "select api.set_llm_budget(%s, 'all', %s, %s)",
                *(self.tenant, period, CAPS["all"]),
            )
        # That happens now, when everything of the past has expired.
        for call in self.calls.values():
            call.status = "expired" if call.status == "reserved" else call.status

    @invariant()
    def the_database_counts_what_the_model_counts(self) -> None:
        for day in {call.day for call in self.calls.values()}:
            at = datetime(2026, 3, day, 12, tzinfo=UTC)
            for scope, settled, reserved in self.execute(STATE, self.tenant, at):
                assert settled + reserved == self.used(scope, day)


Budgets.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_no_sequence_of_calls_overspends(database: Database) -> None:
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
        for model, price in PRICE.items():
            connection.execute(
                "insert into core.llm_model_pricing values (%s, '2000-01-01', %s, 0, false, %s)",
                (model, price * 1_000_000, "cheap" if model == "dear" else None),
            )
        Budgets.connection = connection
        Budgets.TestCase("runTest").runTest()
