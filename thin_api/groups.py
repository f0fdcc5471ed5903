"""Webhooks that wait at the same moment share a round trip and a commit.

Nobody waits for company: a webhook that finds a free session goes at once and alone, and a group is
what queued up while the sessions were busy. Each is a procedure call of its own, answered after the
commit. Whatever is wrong with a group rolls it back, and each of its webhooks is tried alone, so
that one that fails takes no other down with it.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from thin_api.db import Database, Raised, Statement, Unavailable

INGEST = "select status, receipt_id, event_id, reason from api.ingest_webhook(%s, %s, %s, %b, %s)"
INGEST_TOGETHER = (
    "select status, receipt_id, event_id, reason"
    " from api.ingest_webhooks(%s, %b, %b, %b, %s) order by ordinal"
)

Row = tuple[Any, ...]

MOST_WEBHOOKS = 64
MOST_BYTES = 1024 * 1024
"""A group's bodies; a larger one goes alone."""
EAGER_SESSIONS = 2
"""So many work as soon as there is something to do: more would only make the groups smaller."""
PATIENCE_SECONDS = 0.05
"""Whoever waits longer, while no session goes on, gets a further one: they may wait for locks."""


@dataclass(slots=True, eq=False)
class Call:
    """One webhook on its way into the database."""

    tenant_id: UUID
    endpoint_id: UUID
    headers: dict[str, str]
    body: bytes
    verification: str
    order: bytes  # groups that hold the same webhooks must lock them in the same order
    answer: "asyncio.Future[Row]" = field(init=False)
    queued_at: float = field(init=False)


class Groups:
    """Takes calls, hands them over in groups over a bounded number of sessions."""

    def __init__(self, database: Database, *, most_sessions: int, most_wait_seconds: float) -> None:
        self._database = database
        self._most_sessions = most_sessions
        self._most_wait = most_wait_seconds
        self._waiting: deque[Call] = deque()
        self._working: set[asyncio.Task[None]] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._went_on = 0.0  # when a session last began or ended a group

    @property
    def waiting(self) -> int:
        """How many webhooks wait for a session."""
        return len(self._waiting)

    async def row(self, call: Call) -> Row:
        """Return the receipt of a webhook, after the commit; raise db.Raised or db.Unavailable.

        Its queue is bounded by the requests in flight. Cancelling the wait takes nothing back: what
        is under way is recorded, and the sender that comes again gets its receipt.
        """
        loop = asyncio.get_running_loop()
        call.answer = loop.create_future()
        call.queued_at = loop.time()
        self._waiting.append(call)
        sessions = min(EAGER_SESSIONS, self._most_sessions)
        if len(self._working) < sessions or (
            len(self._waiting) >= MOST_WEBHOOKS and len(self._working) < self._most_sessions
        ):
            self._start()
        elif self._watch is None:
            self._watch = loop.call_later(self._watch_seconds, self._look)
        return await call.answer

    @property
    def _watch_seconds(self) -> float:
        return min(PATIENCE_SECONDS, self._most_wait)

    def _start(self) -> None:
        self._went_on = asyncio.get_running_loop().time()
        task = asyncio.create_task(self._work())
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    def _look(self) -> None:
        """Give up on those who waited too long; a further session when none of them goes on."""
        self._watch = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting and now - self._waiting[0].queued_at >= self._most_wait:
            _fail(self._waiting.popleft(), Unavailable("pool_exhausted"))
        if not self._waiting:
            return
        since = max(self._waiting[0].queued_at, self._went_on)
        if now - since >= self._watch_seconds and len(self._working) < self._most_sessions:
            self._start()
        self._watch = loop.call_later(self._watch_seconds, self._look)

    async def _work(self) -> None:
        while group := self._take():
            try:
                if len(group) == 1:
                    await self._alone(group[0])
                else:
                    await self._together(group)
            except BaseException:
                for call in group:
                    _fail(call, Unavailable("database_error"))
                raise
            self._went_on = asyncio.get_running_loop().time()

    def _take(self) -> list[Call]:
        """Return who goes next, first come first served."""
        group: list[Call] = []
        size = 0
        while self._waiting and len(group) < MOST_WEBHOOKS:
            call = self._waiting[0]
            size += len(call.body)
            if group and size > MOST_BYTES:
                break
            self._waiting.popleft()
            if not call.answer.done():  # else its request was cancelled
                group.append(call)
        return group

    async def _alone(self, call: Call) -> None:
        parameters = (
            call.tenant_id,
            call.endpoint_id,
            Jsonb(call.headers),
            call.body,
            call.verification,
        )
        try:
            row = await self._database.row(INGEST, parameters)
        except (Raised, Unavailable) as error:
            _fail(call, error)
        else:
            _answer(call, row)

    async def _together(self, group: list[Call]) -> None:
        ordered = sorted(group, key=lambda call: (call.tenant_id.bytes, call.order))
        try:
            rows = await self._database.transaction(list(_statements(ordered)))
        except Raised:
            await asyncio.gather(*map(self._alone, group))
        except Unavailable as error:
            if error.cause in ("database_error", "connection_lost"):
                await asyncio.gather(*map(self._alone, group))
                return
            for call in group:
                _fail(call, error)
        else:
            for call, row in zip(ordered, rows, strict=True):
                _answer(call, row)


def _statements(ordered: Sequence[Call]) -> Iterator[Statement]:
    """One call per tenant: a batch is one tenant's batch."""
    for tenant_id, of_tenant in groupby(ordered, key=lambda call: call.tenant_id):
        calls = list(of_tenant)
        yield (
            INGEST_TOGETHER,
            (
                tenant_id,
                [call.endpoint_id for call in calls],
                [Jsonb(call.headers) for call in calls],
                [call.body for call in calls],
                [call.verification for call in calls],
            ),
        )


def _answer(call: Call, row: Row | None) -> None:
    if row is None:  # the procedure returns a row, always
        _fail(call, Unavailable("database_error"))
    elif not call.answer.done():
        call.answer.set_result(row)


def _fail(call: Call, error: Exception) -> None:
    if not call.answer.done():
        call.answer.set_exception(error)
