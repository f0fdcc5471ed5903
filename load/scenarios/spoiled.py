"""S4, S5, S7: what must not be booked, among what must."""

from load.scenarios import Play
from load.scenarios.books import Verdict
from load.scenarios.plain import play_out
from load.scenarios.webhooks import (
    SIGNED,
    SPOILED,
    Target,
    Webhook,
    forged,
    malformed,
    personal,
    sale,
)
from thin_api.verify import load_providers


def _one_good_in(play: Play, targets: dict[str, Target], number: int) -> list[Webhook]:
    turn = list(targets.values())
    return [sale(turn[i % len(turn)], play.source) for i in range(play.n // number)]


def malformed_payloads(play: Play) -> Verdict:
    """Each kind of malformed payload in turn: one dead letter each, with its reason, 200 `dead`."""
    targets = play.stage.new_tenant(SIGNED)
    shots = _one_good_in(play, targets, 10)
    kinds = list(SPOILED)
    shots += [
        malformed(targets[play.source.choice(SIGNED)], play.source, kinds[i % len(kinds)])
        for i in range(play.n - len(shots))
    ]
    play.source.shuffle(shots)
    return play_out(play, targets, shots)


def personal_data(play: Play) -> Verdict:
    """Quarantined, redacted, and found nowhere; the samples' own personal data is dropped."""
    targets = play.stage.new_tenant(SIGNED)
    shots = _one_good_in(play, targets, 5)
    shots += [
        personal(targets[SIGNED[i % len(SIGNED)]], play.source) for i in range(play.n - len(shots))
    ]
    play.source.shuffle(shots)
    return play_out(play, targets, shots)


def wrong_signatures(play: Play) -> Verdict:
    """401 for each, and of none a trace."""
    targets = play.stage.new_tenant(load_providers())
    turn = list(targets.values())
    shots = [forged(turn[i % len(turn)], play.source) for i in range(play.n)]
    return play_out(play, targets, shots)
