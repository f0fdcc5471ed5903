"""S1 to S3: good webhooks, once and more often."""

import asyncio

from load.scenarios import Play
from load.scenarios.books import Verdict, judge, read_books
from load.scenarios.sender import send_all
from load.scenarios.webhooks import SIGNED, Target, Webhook, sale
from thin_api.verify import load_providers


def play_out(play: Play, targets: dict[str, Target], shots: list[Webhook]) -> Verdict:
    """Send all of it to one tenant and judge its books."""
    answers = asyncio.run(send_all(play.stage.url, shots, answered=play.answered))
    tenant_id = next(iter(targets.values())).tenant_id
    return judge(answers, {tenant_id: read_books(play.stage.dba, tenant_id)})


def unique(play: Play) -> Verdict:
    """N sales of the providers in turn: N events, N ledger entries."""
    targets = play.stage.new_tenant(load_providers())
    turn = list(targets.values())
    shots = [sale(turn[i % len(turn)], play.source) for i in range(play.n)]
    return play_out(play, targets, shots)


def same(play: Play) -> Verdict:
    """One sale N times at once: one accepted, the others duplicates with its receipt."""
    targets = play.stage.new_tenant(SIGNED)
    webhook = sale(targets[play.source.choice(SIGNED)], play.source)
    return play_out(play, targets, [webhook] * play.n)


def duplicates(play: Play) -> Verdict:
    """N deliveries, two of five a redelivery of another, signed anew, in any order."""
    targets = play.stage.new_tenant(load_providers())
    turn = list(targets.values())
    first = [sale(turn[i % len(turn)], play.source) for i in range(play.n * 3 // 5)]
    shots = first + play.source.choices(first, k=play.n - len(first))
    play.source.shuffle(shots)
    return play_out(play, targets, shots)
