"""Hostile bodies: each ends as one dead letter with its reason, or is booked; never as an error."""

import hashlib
from collections.abc import Iterator

import pytest

from thin_api.tests.golden import Golden, Target, headers_of, open_golden
from thin_api.tests.hostile import HOSTILE, MAIL, UNDECIDED, Case
from thin_api.tests.shim_fixtures import SuiteDatabase

PROVIDERS = sorted({case.provider for case in HOSTILE})


@pytest.fixture(scope="module")
def golden(database: SuiteDatabase) -> Iterator[Golden]:
    with open_golden(database) as opened:
        yield opened


@pytest.fixture(scope="module")
def targets(golden: Golden) -> dict[str, Target]:
    """One endpoint per provider for all hostile bodies."""
    return {provider: golden.target(provider) for provider in PROVIDERS}


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_hostile(golden: Golden, targets: dict[str, Target], case: Case) -> None:
    target = targets[case.provider]
    headers = headers_of(case.provider, case.topic)
    answer = golden.send(target, case.body, headers)
    letters = golden.dead(target, answer.receipt_id)
    if case.reason is None:
        assert (answer.status, letters) == ("accepted", [])
        return
    assert (answer.status, answer.reason) == ("dead", case.reason)
    assert answer.event_id is None
    (letter,) = letters
    assert letter.reason == case.reason
    assert letter.body_sha256 == hashlib.sha256(case.body).digest()
    assert letter.body_bytes == len(case.body)
    assert letter.stage
    assert letter.sqlstate

    again = golden.send(target, case.body, headers)
    assert (again.status, again.receipt_id) == ("duplicate", answer.receipt_id)
    (letter,) = golden.dead(target, answer.receipt_id)
    assert letter.seen_count == 2


@pytest.mark.parametrize("case", UNDECIDED, ids=lambda case: case.name)
def test_undecided(golden: Golden, targets: dict[str, Target], case: Case) -> None:
    target = targets[case.provider]
    before = len(golden.events(target))
    answer = golden.send(target, case.body, headers_of(case.provider, case.topic))
    rows = len(golden.dead(target, answer.receipt_id)) + len(golden.events(target)) - before
    assert (answer.status, rows) in {("accepted", 1), ("dead", 1), ("ignored", 0)}


def test_nothing_personal_of_hostile_bodies_is_kept(golden: Golden) -> None:
    own = {provider: golden.target(provider) for provider in PROVIDERS}
    for case in HOSTILE:
        golden.send(own[case.provider], case.body, headers_of(case.provider, case.topic))
    kept = "".join(golden.kept_text(target) for target in own.values())
    secrets = (MAIL, MAIL.replace("@", "%40"), "4111 1111", "555-0143", "0532 0130")
    assert [text for text in secrets if text in kept] == []
