"""`hookledger dlq replay`, `discard` and `reopen`: pacing, resuming, decisions."""

import json
import time

from thin_api.tests.dlq_fixtures import Desk
from thin_api.tests.dlq_fixtures import desk as desk
from thin_api.tests.shim_fixtures import count


def test_replay_paced_and_resumed_under_one_key(desk: Desk) -> None:
    for number in range(6):
        desk.order(f"o-{number}", "XQD")
    desk.send("b-1", b'{"type": ')
    dry = desk.dlq("replay", "--dry-run", "--json").json()[0]
    assert (dry["matched"], dry["request_key"]) == (7, None)
    assert count(desk.database, "dead_event_attempts", desk.target) == 0
    desk.learn("XQD")

    # As if it was interrupted after two.
    first = desk.dlq("replay", "--request-key", "k", "--limit", "2", "--json")
    assert (first.code, first.json()[0]["replayed"], first.err) == (0, 2, "")
    started = time.monotonic()
    rest = desk.dlq("replay", "--request-key", "k", "--rate", "2", "--json")
    assert time.monotonic() - started > 1.5  # five at two a second
    assert rest.code == 3
    assert rest.json() == [
        {
            "request_key": "k",
            "matched": 5,
            "replayed": 4,
            "skipped": 0,
            "failed": 1,
            "first_error": "not_replayable",
        }
    ]
    again = desk.dlq("replay", "--request-key", "k", "--json")
    assert (again.code, again.json()[0]["failed"]) == (0, 0)
    assert count(desk.database, "dead_event_attempts", desk.target) == 7
    anew = desk.dlq("replay")
    assert anew.code == 3
    assert "failed      1\n" in anew.out
    assert "--request-key cli-" in anew.err


def test_a_bulk_replay_leaves_conflicts_to_a_decision(desk: Desk) -> None:
    desk.order("o-1", "XQE")
    body = json.dumps({"type": "order.paid", "data": {"object_id": "other"}}).encode()
    desk.send("o-1", body)
    told = desk.dlq("replay", "--json").json()[0]
    assert (told["matched"], told["skipped"], told["failed"]) == (2, 1, 1)
    named = desk.dlq("replay", "--json", "--reason", "delivery_id_conflict").json()[0]
    assert (named["skipped"], named["failed"], named["first_error"]) == (0, 1, "missing_field")


def test_what_needs_a_decision_does_not_use_up_the_limit(desk: Desk) -> None:
    desk.order("o-1", "XQK")
    body = json.dumps({"type": "order.paid", "data": {"object_id": "other"}}).encode()
    desk.send("o-1", body)
    desk.dlq("replay", desk.ids()[0])  # tried more often than the conflict, which never is
    told = desk.dlq("replay", "--limit", "1", "--json").json()[0]
    assert (told["skipped"], told["failed"]) == (0, 1)


def test_discard_and_reopen(desk: Desk) -> None:
    desk.order("o-1", "XQF")
    desk.order("o-2", "XQF")
    both = desk.ids()
    assert desk.dlq("discard", *both, "--reason", "test orders").out == "discarded: 2\n"
    assert desk.dlq("list").out == "no dead letters\n"
    (one, two) = desk.dlq("list", "--status", "discarded", "--json").json()
    assert {one["resolution_note"], two["resolution_note"]} == {"test orders"}
    assert desk.dlq("reopen", both[0], "--reason", "a real one").out == "re-opened: 1\n"
    # All or none: the second waits for nothing, so the first stays as it is.
    refused = desk.dlq("reopen", both[1], both[0], "--reason", "x")
    assert refused.code == 1
    assert "HL066" in refused.err
    assert len(desk.dlq("list", "--status", "discarded", "--json").json()) == 1
