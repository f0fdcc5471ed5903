"""S9: all of it at once, over two tenants, while their dead letters are replayed."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from load.scenarios import Play
from load.scenarios.books import Books, Verdict, judge, read_books
from load.scenarios.sender import Answers, send_all
from load.scenarios.stage import Stage
from load.scenarios.webhooks import SIGNED, Target, Webhook, forged, malformed, personal, sale
from thin_api.verify import load_providers

REPLAY = "select matched, replayed, skipped, failed from api.replay_dead_events(%s, %s, %s, %s, %s)"
AT_ONCE, MOST, PAUSE_SECONDS = 25, 1000, 0.05
OPEN = {"status": "open"}


def everything(play: Play) -> Verdict:
    """Sales, duplicates, malformed, personal, forged.

    A replay of what is wrong for good leaves it as it was: dead once, under the same receipt. Where
    the server is our own, one cause is removed in the end, as an operator would: the unknown
    currency becomes known. Then the replay books what waited for it, under the receipts of old.
    """
    tenants = [play.stage.new_tenant(load_providers()) for _ in range(2)]
    shots = [_shot(play, play.source.choice(tenants)) for _ in range(play.n * 4 // 5)]
    shots += play.source.choices([w for w in shots if w.fate != "refused"], k=play.n - len(shots))
    play.source.shuffle(shots)
    ids = [next(iter(targets.values())).tenant_id for targets in tenants]
    answers, replays = asyncio.run(_send_and_replay(play, shots, ids))
    books = {tenant: read_books(play.stage.dba, tenant) for tenant in ids}
    verdict = judge(answers, books)
    for told in replays:
        tried = told["replayed"] + told["skipped"] + told["failed"]
        verdict.require(told["matched"] >= tried, f"a replay does not add up: {dict(told)}")
        verdict.require(told["replayed"] == 0, "a replay booked what nothing has changed about")
    for told in replays[-len(ids) :]:  # after the traffic, when nobody holds a letter any more
        whole = told["failed"] == min(told["matched"], MOST)
        verdict.require(whole, f"the last replay left letters out: {dict(told)}")
    tried_again = sum(told["failed"] for told in replays) > 0 or not verdict.expected["dead"]
    verdict.require(tried_again, "no dead letter was tried again")
    if play.stage.superuser is not None:
        _remove_a_cause(verdict, play.stage, answers, books)
    return verdict


def _remove_a_cause(
    verdict: Verdict, stage: Stage, answers: Answers, books: Mapping[UUID, Books]
) -> None:
    """Make the currency known, replay for that reason, and compare with the receipts of old."""
    assert stage.superuser is not None  # noqa: S101
    curable = [w for w in answers if w.reasons == ("currency_unknown",)]
    with psycopg.connect(stage.superuser, autocommit=True) as superuser:
        superuser.execute("insert into core.currencies (currency, exponent) values ('ZZZ', 2)")
        try:
            for tenant, before in books.items():
                waiting = {
                    str(answers[w][0].receipt_id) for w in curable if w.target.tenant_id == tenant
                }
                told = asyncio.run(_replay_for(stage.dba, tenant, "currency_unknown"))
                after = read_books(stage.dba, tenant)
                known = {row["receipt_id"] for row in before.events}
                booked = [row["receipt_id"] for row in after.events]
                verdict.require(
                    told["replayed"] == len(waiting), f"replayed {dict(told)}, not {len(waiting)}"
                )
                verdict.require(
                    sorted(booked) == sorted(known | waiting) and len(after.revenue) == len(booked),
                    f"{len(booked)} events after the replay, not {len(known | waiting)}",
                )
                resolved = [r["receipt_id"] for r in after.dead if r["status"] == "resolved"]
                verdict.require(
                    sorted(resolved) == sorted(waiting), f"{len(resolved)} letters are resolved"
                )
        finally:
            superuser.execute("delete from core.currencies where currency = 'ZZZ'")


async def _replay_for(dsn: str, tenant: UUID, reason: str) -> Counter[str]:
    """Replay twice under one request key; the second time only tells the first result again."""
    connect = psycopg.AsyncConnection.connect
    async with await connect(dsn, autocommit=True, prepare_threshold=None) as connection:
        key = request_key()
        first = await _replay_once(connection, tenant, MOST, {"reason": reason}, key)
        second = await _replay_once(connection, tenant, MOST, {"reason": reason}, key)
    return first if first == second else Counter(told_twice=1)


def _shot(play: Play, targets: dict[str, Target]) -> Webhook:
    """Return one of a kind by chance: mostly good ones, as in life."""
    signed = targets[play.source.choice(SIGNED)]
    target = targets[play.source.choice(list(targets))]
    kind = play.source.choices(("sale", "malformed", "personal", "forged"), (70, 12, 8, 10))[0]
    if kind == "sale":
        return sale(target, play.source)
    if kind == "forged":
        return forged(target, play.source)
    return (malformed if kind == "malformed" else personal)(signed, play.source)


async def _send_and_replay(
    play: Play, shots: list[Webhook], tenants: list[UUID]
) -> tuple[Answers, list[Counter[str]]]:
    over = asyncio.Event()
    replaying = asyncio.create_task(_replay(play.stage.dba, tenants, over))
    try:
        answers = await send_all(play.stage.url, shots, answered=play.answered)
    finally:
        over.set()
    return answers, await replaying


async def _replay(dsn: str, tenants: list[UUID], over: asyncio.Event) -> list[Counter[str]]:
    """Replay a few dead letters again and again until the traffic is over; then once all."""
    told: list[Counter[str]] = []
    connect = psycopg.AsyncConnection.connect
    async with await connect(dsn, autocommit=True, prepare_threshold=None) as connection:

        async def replay(limit: int) -> None:
            told.extend([await _replay_once(connection, tenant, limit) for tenant in tenants])

        while not over.is_set():
            await replay(AT_ONCE)
            await asyncio.sleep(PAUSE_SECONDS)
        await replay(MOST)
    return told


def request_key() -> str:
    """Return a key that never was; of letters, which look like nobody's number."""
    return "ladder-" + uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop"))


async def _replay_once(
    connection: psycopg.AsyncConnection,
    tenant: UUID,
    limit: int,
    matching: Mapping[str, str] = OPEN,
    key: str | None = None,
) -> Counter[str]:
    """Call it as an operator does, by default with a new request key."""
    parameters = (tenant, Jsonb(dict(matching)), limit, False, key or request_key())
    cursor = await connection.execute(REPLAY, parameters)
    row = await cursor.fetchone()
    names = ("matched", "replayed", "skipped", "failed")
    return Counter(dict(zip(names, row or (0, 0, 0, 0), strict=True)))
