"""Personal data sent through the real ingress is nowhere afterwards: in no table, log or file."""

import base64
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

from thin_api.embedded import temporary_server
from thin_api.ingress import ENDPOINT_HEADER
from thin_api.run import variable
from thin_api.tests import bodies, planted, planted_senders
from thin_api.tests.cluster import Cluster, Database
from thin_api.tests.planted import Webhook, base
from thin_api.tests.planted_delivery import Confirming, confirming_toss, every_webhook, send
from thin_api.tests.sentinels import KINDS, Sentinels, packed, search_files, search_tables
from thin_api.tests.server_trouble import call_wrongly, provoke, wait_until_ready
from thin_api.tests.shim_fixtures import Target, new_target, rows, running_stand_in, signed
from thin_api.tests.test_serve import served
from thin_api.verify import load_providers

MODES = ("quarantine", "redact", "pseudonymise")
STATEMENT_TIMEOUT = "3"  # seconds: longer than deadlock_timeout


@dataclass
class Story:
    """What was sent, and what is looked at afterwards."""

    database: Database
    logs: list[Path]
    sentinels: Sentinels = field(default_factory=Sentinels)
    answers: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    activity: str = ""
    temporary_files: int = -1
    kept: int = 0
    receipt_id: str = ""

    @property
    def server_home(self) -> Path:
        """Data directory and log of the server."""
        assert self.database.server is not None
        return self.database.server.home


def new_endpoint(database: Database, provider: str, **settings: str) -> Target:
    """Create a tenant with one endpoint: the demo's settings and these."""
    demo = load_providers()[provider].DEMO_SETTINGS
    return new_target(database, provider, settings={**demo, **settings})


def send_everything(
    story: Story, client: httpx.Client, target: Target, mode: str, toss: Confirming
) -> None:
    """Deliver each webhook twice and note every answer that is not as it should be."""
    plant = story.sentinels.at(f"{target.provider} {mode}")
    for webhook in every_webhook(target.provider, mode, plant):
        if mode == "unverified":
            webhook, toss.answer = replace(webhook, expected=None), None
        else:
            toss.confirm(webhook.body)
        first, second = send(client, target, webhook), send(client, target, webhook)
        story.answers += [first.text, second.text]
        expected = webhook.expected
        if expected == "suspect":
            expected = "dead" if mode == "quarantine" else "accepted"
        told, again = first.json(), second.json()
        refused = first.status_code == 401 and webhook.expected is None
        if not refused:
            if first.status_code != 200 or (expected or told["status"]) != told["status"]:
                story.surprises.append(f"{target.provider} {mode} {webhook.name}: {first.text}")
            told["status"] = "duplicate"
        # Toss: where the webhook's time is none, the time of asking makes it another document.
        if again != told and (target.provider, again.get("reason")) != ("toss", "already_known"):
            story.surprises.append(f"{target.provider} {mode} {webhook.name} again: {second.text}")


def send_unauthentic(story: Story, client: httpx.Client, target: Target) -> None:
    """Deliver what must be refused: forged, to nowhere, too large, no HTTP."""
    plant = story.sentinels.at("unauthentic")
    body = json.dumps(planted.fill(planted.PERSON, plant)).encode()
    mail = str(plant("email", "path or query"))
    headers = signed(target, body) | {"user-agent": mail, "x-forwarded-for": mail, "cookie": mail}
    nowhere = target.path.replace(str(target.endpoint_id), str(uuid4()))
    answers = [
        client.post(target.path, content=body + b" ", headers=headers),
        client.post(target.path, content=body, headers={"user-agent": mail}),
        client.post(nowhere, content=body, headers=headers),
        client.post(f"/webhooks/{mail}/{mail}", content=body, headers=headers),
        client.post(f"/{mail}", content=body, headers=headers),
        client.post(f"/api/webhooks/shopify/{mail}", content=body, headers={ENDPOINT_HEADER: mail}),
        client.get(f"{target.path}?email={mail}", headers=headers),
        client.post(target.path, content=body * 20_000, headers=headers),
    ]
    assert [a.status_code for a in answers] == [401, 401, 404, 404, 404, 404, 405, 413]
    story.answers += [answer.text for answer in answers]
    for request in (
        f"POST /{mail} {mail}\r\n\r\n",
        f"POST {target.path} HTTP/1.1\r\n{mail}\r\n\r\n",
        f"POST {target.path} HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{mail}",
    ):
        address = (client.base_url.host, client.base_url.port or 0)
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(request.encode())
            time.sleep(0.1)  # the last one hangs up before its body is complete


@pytest.fixture(scope="module")
def story(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Send all there is to a server of its own, which packs and forgets none of its WAL."""
    conf = {
        "fsync": "off",
        "wal_compression": "off",
        "wal_keep_size": "8GB",
        "log_min_messages": "info",
    }
    with temporary_server(cluster.bin_dir, **conf) as server:
        own = Cluster(server.dsn(), server.home, server, cluster.bin_dir)
        with own.migrated() as database:
            folder = tmp_path_factory.mktemp("privacy")
            told = Story(database, [folder / "shim.log", folder / "shim in trouble.log"])
            with confirming_toss() as toss, running_stand_in() as apis:
                variables = {variable(name): url for name, url in apis.items()}
                variables |= {"HOOKLEDGER_TOSS_API_URL": toss.url, "HOOKLEDGER_LOG_LEVEL": "debug"}
                with served(database, told.logs[0], **variables) as (url, _):
                    receive_everything(told, url, toss)
            limits = {"HOOKLEDGER_STATEMENT_TIMEOUT_SECONDS": STATEMENT_TIMEOUT}
            with served(database, told.logs[1], HOOKLEDGER_LOG_LEVEL="debug", **limits) as (url, _):
                get_into_trouble(told, url)
            with psycopg.connect(database.dsn("superuser"), autocommit=True) as superuser:
                superuser.execute("analyze")
                superuser.execute("checkpoint")
            yield told


def receive_everything(story: Story, url: str, toss: Confirming) -> None:
    """All webhooks, to an endpoint of each provider and mode."""
    with httpx.Client(base_url=url, timeout=60) as client:
        target = new_endpoint(story.database, "toss", on_unreachable="store")
        send_everything(story, client, target, "unverified", toss)
        for provider, mode in product((*planted_senders.PROVIDERS, "stripe", "shopify"), MODES):
            target = new_endpoint(story.database, provider, pii=mode)
            send_everything(story, client, target, mode, toss)
        send_unauthentic(story, client, target)
        order = bodies.order()
        story.receipt_id = send(client, target, Webhook("kept", order, None)).json()["receipt_id"]
        story.answers.append(client.get("/metrics").text)
    story.kept = json.loads(order)["id"]
    ((story.temporary_files,),) = rows(
        story.database,
        "select temp_files from pg_stat_database where datname = current_database()",
    )


def get_into_trouble(story: Story, url: str) -> None:
    """Faults of the server, in the middle of webhooks."""
    with httpx.Client(base_url=url, timeout=60) as client:
        for provider, mode in (("shopify", "quarantine"), ("stripe", "redact")):
            target = new_endpoint(story.database, provider, pii=mode)
            plant = story.sentinels.at(f"{provider} {mode} in trouble")
            document = planted.fill({"memo": "email in text", "other": "card"}, plant)
            webhook = Webhook("in trouble", base(provider, **document), None)
            story.activity += provoke(story.database, partial(send, client, target, webhook))
            wait_until_ready(client)
            call_wrongly(story.database, target, plant)
        story.answers.append(client.get("/metrics").text)


def nothing(found: list[str]) -> None:
    """Fail with a list of what was found."""
    if found:
        pytest.fail("\n".join([f"{len(found)} places:", *found[:200]]), pytrace=False)


def test_every_webhook_is_answered_as_it_should_be(story: Story) -> None:
    assert len(story.answers) > 1000
    nothing(story.surprises)


def test_a_value_that_is_kept_is_found_by_the_same_search(story: Story) -> None:
    needles = {b"%d" % story.kept: "text", packed(story.kept): "packed", b"orders/paid": "topic"}

    def find(data: bytes) -> list[str]:
        return [form for needle, form in needles.items() if needle in data]

    in_tables = search_tables(find, story.database)
    assert {"core.attribution_events: text", "core.revenue_ledger: text"} <= {*in_tables}
    assert "pg_statistic: topic" in in_tables
    in_files = search_files(find, story.server_home)
    for folder, form in product(("base", "pg_wal"), ("text", "packed")):
        assert any(f"/{folder}/" in hit and hit.endswith(form) for hit in in_files)


def test_the_logs_tell_of_webhooks_and_faults(story: Story) -> None:
    assert story.receipt_id in story.logs[0].read_text()
    assert story.database.server is not None
    server_log = story.database.server.log_path.read_text()
    for fault in ("statement timeout", "deadlock detected", "terminated by signal 9", "by zero"):
        assert fault in server_log
    assert "api.ingest_webhook" in story.activity


def test_no_table_index_or_statistic_holds_personal_data(story: Story) -> None:
    nothing(search_tables(story.sentinels.found_in, story.database))


def test_no_log_and_no_running_query_shows_personal_data(story: Story) -> None:
    assert story.database.server is not None
    logs = (*story.logs, story.database.server.log_path)
    nothing(search_files(story.sentinels.found_in, *logs))
    nothing(story.sentinels.found_in(story.activity.encode()))


def test_no_answer_and_no_metric_repeats_personal_data(story: Story) -> None:
    nothing(story.sentinels.found_in("\n".join(story.answers).encode()))


def test_no_file_of_the_server_holds_personal_data(story: Story) -> None:
    nothing(search_files(story.sentinels.found_in, story.server_home))


def test_no_webhook_makes_the_server_write_a_temporary_file(story: Story) -> None:
    assert story.temporary_files == 0


@pytest.mark.parametrize("written", [str, str.upper, lambda text: text.encode().hex()])
def test_a_sentinel_is_found_however_it_is_written(written: Callable[[str], str]) -> None:
    sentinels = Sentinels()
    for kind in KINDS:
        value = str(sentinels.plant(kind, "here"))
        assert sentinels.found_in(b"before " + written(value).encode() + b" after")
        for before in range(3):
            encoded = base64.b64encode(b"x" * before + written(value).encode())
            assert sentinels.found_in(encoded) or written not in (str, str.upper)
    assert sentinels.found_in(b"nothing of it") == []
