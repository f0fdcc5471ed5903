"""What the database holds of a tenant, read as a DBA, and whether that is what it must hold."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from load.scenarios.sender import Answer, Answers
from load.scenarios.webhooks import Webhook

Row = dict[str, Any]
MOST_COMPLAINTS = 12
QUERIES = {
    "deliveries": "select receipt_id::text, event_id::text, status, seen_count, outcome"
    " from api.deliveries",
    "events": "select event_id::text, receipt_id::text, amount_minor, provider from api.events",
    "revenue": "select event_id::text, kind, amount_minor from api.revenue",
    "dead": "select receipt_id::text, reason, status from api.dead_events",
}
# Everything that a payload could have got into.
TEXTS = (
    "select row_to_json(x)::text from api.events as x",
    "select row_to_json(x)::text from api.dead_events as x",
    "select row_to_json(x)::text from api.deliveries as x",
    "select row_to_json(x)::text from api.revenue as x",
    "select row_to_json(x)::text from api.objects as x",
)


@dataclass(frozen=True)
class Books:
    """One tenant's rows, and all of its texts in one."""

    deliveries: list[Row]
    events: list[Row]
    revenue: list[Row]
    dead: list[Row]
    texts: str


@dataclass
class Verdict:
    """What was expected and found, by name, and what contradicts it (ids only)."""

    expected: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    def require(self, holds: bool, complaint: str) -> None:
        """Note a complaint unless it holds."""
        if not holds and len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(complaint)

    @property
    def passed(self) -> bool:
        """Whether everything is as it must be."""
        return not self.complaints and self.expected == self.found


def read_books(dsn: str, tenant_id: UUID) -> Books:
    """Read the api views of one tenant."""
    with psycopg.connect(dsn, row_factory=dict_row, prepare_threshold=None) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("select set_config('app.current_tenant_id', %s, true)", [str(tenant_id)])
        found = {name: connection.execute(query).fetchall() for name, query in QUERIES.items()}
        texts = [row["row_to_json"] for text in TEXTS for row in connection.execute(text)]
    return Books(**found, texts="\n".join(texts))


def judge(answers: Answers, books: Mapping[UUID, Books]) -> Verdict:
    """Compare what was sent and answered with what is there; each tenant's books with its own."""
    verdict = Verdict()
    for tenant_id, its in books.items():
        own = {w: told for w, told in answers.items() if w.target.tenant_id == tenant_id}
        _count(verdict, own, its)
        _compare(verdict, own, its)
    return verdict


def _count(verdict: Verdict, answers: Answers, books: Books) -> None:
    fates = Counter(webhook.fate for webhook in answers)
    stored = fates["booked"] + fates["dead"]
    verdict.expected.update(
        deliveries=stored, events=fates["booked"], revenue=fates["booked"], dead=fates["dead"]
    )
    verdict.found.update(
        deliveries=len(books.deliveries),
        events=len(books.events),
        revenue=len(books.revenue),
        dead=len(books.dead),
    )
    verdict.expected["amount_minor"] += sum(w.amount_minor for w in answers if w.fate == "booked")
    verdict.found["amount_minor"] += sum(row["amount_minor"] for row in books.revenue)
    for webhook, told in answers.items():
        verdict.expected.update(_must_be_told(webhook, len(told)))
        verdict.found.update(f"{answer.http_status} {answer.outcome}" for answer in told)


def _must_be_told(webhook: Webhook, times: int) -> dict[str, int]:
    """What the answers to these copies have to be."""
    if webhook.fate == "refused":
        return {f"401 {webhook.reasons[0]}": times}
    if webhook.fate == "dead":
        return {"200 dead": 1} | ({"200 duplicate": times - 1} if times > 1 else {})
    return {"200 accepted": 1} | ({"200 duplicate": times - 1} if times > 1 else {})


def _by(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def _compare(verdict: Verdict, answers: Answers, books: Books) -> None:
    """Each webhook that was answered 200 is there once, under the receipt that all copies got."""
    deliveries, events = _by(books.deliveries, "receipt_id"), _by(books.events, "receipt_id")
    dead, revenue = _by(books.dead, "receipt_id"), _by(books.revenue, "event_id")
    for webhook, told in answers.items():
        if webhook.fate == "refused":
            continue
        receipts = {answer.receipt_id for answer in told}
        name = f"{webhook.target.provider} {min(map(str, receipts))}"
        verdict.require(len(receipts) == 1, f"{name}: {len(receipts)} receipts")
        receipt = str(told[0].receipt_id)
        seen = [row["seen_count"] for row in deliveries.get(receipt, [])]
        verdict.require(seen == [len(told)], f"{name}: sent {len(told)} times, seen {seen}")
        if webhook.fate == "dead":
            reasons = [row["reason"] for row in dead.get(receipt, [])]
            verdict.require(
                len(reasons) == 1 and reasons[0] in webhook.reasons,
                f"{name}: dead for {reasons}, not {webhook.reasons}",
            )
        else:
            _compare_event(verdict, name, webhook, told, events.get(receipt, []), revenue)
        for word in webhook.planted:
            verdict.require(word not in books.texts, f"{name}: what was planted is in the database")
    half = [row["receipt_id"] for row in books.deliveries if row["outcome"] != "done"]
    verdict.require(not half, f"half-done deliveries: {half[:3]}")
    between = [row["receipt_id"] for row in books.dead if row["status"] not in SETTLED]
    verdict.require(not between, f"dead letters in between: {between[:3]}")


SETTLED = ("open", "resolved", "discarded")


def _compare_event(
    verdict: Verdict,
    name: str,
    webhook: Webhook,
    told: list[Answer],
    events: list[Row],
    revenue: Mapping[str, list[Row]],
) -> None:
    found = [(row["event_id"], row["amount_minor"]) for row in events]
    wanted = [(told[0].event_id, webhook.amount_minor)]
    verdict.require(found == wanted, f"{name}: events {found}, not {wanted}")
    verdict.require(
        {answer.event_id for answer in told} == {told[0].event_id}, f"{name}: told several events"
    )
    entries = [(row["kind"], row["amount_minor"]) for row in revenue.get(str(told[0].event_id), [])]
    verdict.require(
        entries == [("sale", webhook.amount_minor)], f"{name}: ledger entries {entries}"
    )
