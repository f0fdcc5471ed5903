"""The JSON Schemas of our own events say what the database does."""

import copy
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import thin_api
from thin_api.samples import load, names
from thin_api.tests.golden import Golden, headers_of, open_golden
from thin_api.tests.shim_fixtures import SuiteDatabase

FOLDER = Path(thin_api.__file__).parent / "schemas"
TYPES = ("order.paid", "order.refunded", "touch.batch", "touch.recorded")
SINGLE = ("order.paid", "order.refunded", "touch.recorded")
MISSING = object()
TIME = "2026-03-02T14:14:05Z"

# Put in place of each member in turn.
VALUES: tuple[Any, ...] = (
    *(MISSING, None, True, False, "", " ", "x", "a b", "x" * 128, "x" * 129, "EUR", "jpy", "EURO"),
    *(0, 1, -1, 1.5, 2**53 + 1, 10**15, 10**15 + 1, 1e17, "1999", "\u00e9", "a:b_c.d-e", "\t"),
    *([], {}, ["x"], [1], {"a": 1}, {"id": "x"}, TIME, TIME[:-1], TIME[:-4] + "+09:00"),
    *(
        "2026-03-02T14:14:05+0100",
        "2026-03-02 14:14Z",
        "2026-03-02",
        "2026-03-02T14:14:05.1234567Z",
    ),
    *("1999-03-02T14:14:05Z", "2100-03-02T14:14:05Z", "2026-03-02T14:14:05 Z", "today"),
    *("2026-03-02T14:14:05z", "2026-03-02T14:14:05.Z", "2026-03-02T14:14:05+09"),
    *("https://example.com/a?b=c#d", "/a", "not a url", "x" * 3000),
)


@pytest.fixture(scope="module")
def golden(database: SuiteDatabase) -> Iterator[Golden]:
    with open_golden(database) as opened:
        yield opened


def schema_of(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_bytes())


@cache
def validator(name: str) -> Any:
    return Draft202012Validator(schema_of(name))


def is_valid(document: Mapping[str, Any]) -> bool:
    return bool(validator(document["type"]).is_valid(document))


def sample(name: str) -> Any:
    return json.loads(load("standard", name)[1])


def test_each_type_has_a_schema_and_a_sample() -> None:
    assert tuple(sorted(path.stem for path in FOLDER.glob("*.json"))) == TYPES
    assert names("standard") == TYPES


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_is_one_itself_and_named_after_its_type(name: str) -> None:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:hookledger:schema:{name}"
    assert schema["properties"]["type"] == {"const": name}


def test_what_two_schemas_define_is_the_same() -> None:
    """Each file stands alone, so that any validator can read it; so they repeat each other."""
    defined: dict[str, Any] = {}
    for name in TYPES:
        for key, definition in schema_of(name)["$defs"].items():
            assert defined.setdefault(key, definition) == definition, (name, key)
    members = [schema_of(name)["properties"]["data"] for name in ("order.paid", "order.refunded")]
    members.append(schema_of("touch.recorded")["$defs"]["touch"])
    origins = [
        {key: value for key, value in item["properties"].items() if key in ORIGIN}
        for item in members
    ]
    assert origins[0].keys() == ORIGIN
    assert origins[1:] == origins[:1] * 2


ORIGIN = {
    *("session_id", "customer_key", "channel", "referrer", "landing_page"),
    *("utm_source", "utm_medium", "utm_campaign"),
}


@pytest.mark.parametrize("name", TYPES)
def test_samples_are_valid(name: str) -> None:
    assert list(validator(name).iter_errors(sample(name))) == []


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("value", [MISSING, None, 1, "x", [], {}, [{}]])
def test_data_of_another_shape(golden: Golden, name: str, value: Any) -> None:
    document = sample(name)
    if value is MISSING:
        del document["data"]
    else:
        document["data"] = value
    assert not is_valid(document)
    assert not booked(golden, document)


def booked(golden: Golden, document: Mapping[str, Any]) -> bool:
    target = golden.target("standard")
    answer = golden.send(target, json.dumps(document).encode(), headers_of("standard", ""))
    assert answer.status in ("accepted", "dead")
    return answer.status == "accepted"


def variations(name: str) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    document = sample(name)
    properties = schema_of(name)["properties"]["data"]
    if "$ref" in properties:
        properties = schema_of(name)["$defs"]["touch"]
    for member in properties["properties"]:
        for value in VALUES:
            changed = copy.deepcopy(document)
            changed["data"].pop(member, None)
            if value is not MISSING:
                changed["data"][member] = value
            yield member, value, changed


@pytest.mark.parametrize("name", SINGLE)
def test_schema_and_database_agree(golden: Golden, name: str) -> None:
    """What the one refuses the other refuses, for every documented member and value."""
    verdicts = []
    for member, value, document in variations(name):
        verdict = is_valid(document)
        verdicts.append(verdict)
        assert booked(golden, document) == verdict, (member, value)
    assert 100 < sum(verdicts) < len(verdicts) - 100


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("member", ["session_id", "customer_key"])
def test_a_touch_needs_one_of_two(golden: Golden, member: str, value: Any) -> None:
    document = sample("touch.recorded")
    del document["data"]["session_id"], document["data"]["customer_key"]
    if value is not MISSING:
        document["data"][member] = value
    assert booked(golden, document) == is_valid(document)


@pytest.mark.parametrize(
    ("touches", "valid"),
    [
        *((MISSING, False), (None, False), ([], False), ({}, False), ("x", False)),
        *((1, True), (500, True), (501, False)),
    ],
)
def test_batches(golden: Golden, touches: Any, valid: bool) -> None:
    document = sample("touch.batch")
    if isinstance(touches, int):
        one = document["data"]["touches"][0]
        touches = [one | {"touch_id": uuid4().hex} for _ in range(touches)]
    document["data"] = {} if touches is MISSING else {"touches": touches}
    assert is_valid(document) == valid
    assert booked(golden, document) == valid


def test_a_batch_is_more_tolerant_than_its_schema(golden: Golden) -> None:
    """The schema refuses one bad touch; the database records the others."""
    document = sample("touch.batch")
    document["data"]["touches"][1]["occurred_at"] = "yesterday"
    assert not is_valid(document)
    target = golden.target("standard")
    golden.send(target, json.dumps(document).encode(), headers_of("standard", ""))
    assert len(golden.events(target)) == len(document["data"]["touches"]) - 1
    assert [letter.position for letter in golden.dead(target)] == [2]


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("currency", "ZZZ", "currency_unknown"),
        ("occurred_at", "2026-02-30T10:00:00Z", "invalid_timestamp"),
        ("remark", "robin@example.com", "pii_violation"),
    ],
)
def test_what_no_schema_can_tell(golden: Golden, member: str, value: str, reason: str) -> None:
    document = sample("order.paid")
    document["data"][member] = value
    assert is_valid(document)
    target = golden.target("standard")
    answer = golden.send(target, json.dumps(document).encode(), headers_of("standard", ""))
    assert (answer.status, answer.reason) == ("dead", reason)


@pytest.mark.parametrize("name", TYPES)
def test_members_that_are_not_documented_are_kept(golden: Golden, name: str) -> None:
    document = sample(name)
    document["version"] = 2
    place = document["data"] if name != "touch.batch" else document["data"]["touches"][0]
    place["basket"] = {"items": 3}
    assert is_valid(document)
    target = golden.target("standard")
    golden.send(target, json.dumps(document).encode(), headers_of("standard", ""))
    kept = golden.superuser.execute(
        """select payload -> 'version', payload #> '{data,basket}' from core.attribution_events
            where tenant_id = %s and payload -> 'data' ? 'basket'""",
        [target.tenant_id],
    ).fetchall()
    assert kept == [(2, {"items": 3})]
