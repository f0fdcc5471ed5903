"""S6: two tenants at the same time, each of whom sees its own and nothing else."""

import asyncio
import secrets
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from load.scenarios import Play
from load.scenarios.books import Books, Verdict, judge, read_books
from load.scenarios.sender import send_all
from load.scenarios.stage import Stage
from load.scenarios.webhooks import Webhook, sale
from thin_api.database import to_uri
from thin_api.verify import load_providers


def interleaved(play: Play) -> Verdict:
    """Half of the bodies go to both tenants, to the byte: each books its own."""
    ours = play.stage.new_tenant(load_providers())
    theirs = play.stage.new_tenant(load_providers())
    turn = list(ours)
    shots: list[Webhook] = []
    for i in range(play.n // 2):
        provider = turn[i % len(turn)]
        webhook = sale(ours[provider], play.source)
        other = theirs[provider]
        # A pair of the same bytes, or two different sales.
        twin = Webhook(other, webhook.body, amount_minor=webhook.amount_minor)
        shots += [webhook, twin if i % 4 < 2 else sale(other, play.source)]
    answers = asyncio.run(send_all(play.stage.url, shots, answered=play.answered))
    tenants = [next(iter(side.values())).tenant_id for side in (ours, theirs)]
    books = {tenant: read_books(play.stage.dba, tenant) for tenant in tenants}
    verdict = judge(answers, books)
    _compare_each_other(verdict, [books[tenant] for tenant in tenants])
    if play.stage.superuser is not None:
        for own, stranger in zip(tenants, reversed(tenants), strict=True):
            _read_as_reader(verdict, play.stage, own, books[own], stranger)
    return verdict


def _compare_each_other(verdict: Verdict, books: list[Books]) -> None:
    for what in ("receipt_id", "event_id"):
        first, second = ({row[what] for row in its.events} for its in books)
        verdict.require(not first & second, f"both tenants see a {what}")


def _read_as_reader(verdict: Verdict, stage: Stage, own: UUID, books: Books, other: UUID) -> None:
    """A reporting login sees its tenant's events, also when it names another tenant."""
    assert stage.superuser is not None  # noqa: S101
    name, password = f"ladder_{own.hex[-12:]}", secrets.token_hex(16)
    role = sql.Identifier(name)
    with psycopg.connect(stage.superuser, autocommit=True) as superuser:
        superuser.execute(
            sql.SQL("create role {} login password {} in role hookledger_reader").format(
                role, sql.Literal(password)
            )
        )
        try:
            with psycopg.connect(stage.dba, autocommit=True) as dba:
                dba.execute("select api.bind_reader(%s, %s)", [own, name])
            login = to_uri(conninfo_to_dict(stage.superuser) | {"user": name, "password": password})
            with psycopg.connect(login, autocommit=True) as reader:
                for named in (own, other):
                    reader.execute(
                        "select set_config('app.current_tenant_id', %s, false)", [str(named)]
                    )
                    rows = reader.execute("select event_id::text from api.events").fetchall()
                    seen, mine = {row[0] for row in rows}, {row["event_id"] for row in books.events}
                    verdict.require(seen == mine, f"a reader saw {len(seen)} of {len(mine)} events")
        finally:
            superuser.execute(sql.SQL("drop role {}").format(role))
