"""The gate: ten thousand webhooks through the real ingress, and the truth read from the database.

Everything runs on a server of the run's own in a temporary directory, with `fsync` and
`synchronous_commit` on. The null benchmark comes first: same client, same bytes, same verification,
no database, so that a slow machine is told from a slow program.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from load.machine import describe
from load.measure import Run, report_of, send
from load.mix import Bodies, Delivery, Mix, deliveries
from load.report import write_html
from load.system import System, running_shim, running_system
from load.verdict import judge
from thin_api import ROOT

RESULTS = ROOT / "load" / "results"
SLOWEST_NULL = 2000.0
LIMIT_SECONDS = 10.0
AIM_SECONDS = 2.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How a gate is run. tenants: how many share the webhooks of each provider."""

    mix: Mix
    users: int = 128
    processes: int = 1
    tenants: int = 1
    limit_seconds: float = LIMIT_SECONDS
    slowest_null: float = SLOWEST_NULL
    results: Path | None = RESULTS


def run(
    options: Options, say: Say = lambda _: None, system: System | None = None
) -> dict[str, Any]:
    """Run the gate, write its report, and return it; report["verdict"]["outcome"] says how it went.

    passed, failed, or machine too slow: the gate did not pass and the null benchmark says why.
    system: an empty one to use instead of one of the gate's own.
    """
    say("starting a PostgreSQL of the gate's own")
    with running_system() if system is None else nullcontext(system) as used:
        return _Gate(options, say, used).run()


class _Gate:
    """A run of the gate on a system."""

    def __init__(self, options: Options, say: Say, system: System) -> None:
        self._options, self._say, self._system = options, say, system
        self._machine = describe(system)
        providers = [name for name, _ in options.mix.providers]
        made = system.create_endpoints(providers, options.tenants)
        self._endpoints = {name: [e for e in made if e.provider == name] for name in providers}
        self._bodies = Bodies(options.mix)

    def run(self) -> dict[str, Any]:
        """Run the null benchmark and the gate, judge, and write the report."""
        options, say = self._options, self._say
        say("null benchmark: the same requests, verified and answered, no database")
        _, _, null = self._under_load("load.null")
        say(f"    {null['per_second']:.0f} webhooks/s")
        say(f"gate: {options.mix.total} webhooks, {options.users} users")
        sent, done, gate = self._under_load("thin_api.serve")
        say(f"    {gate['per_second']:.0f} webhooks/s, {gate['elapsed_s']:.2f} s")
        verdict = judge(
            self._system, sent, done, self._bodies.mail_addresses, options.limit_seconds
        )
        report = _report(options, self._machine, null, gate)
        outcome = verdict.outcome
        too_slow = null["per_second"] < options.slowest_null
        if outcome == "failed" and too_slow and only_slow(verdict):
            outcome = "machine too slow"
        report["verdict"] = {
            "outcome": outcome,
            "failures": verdict.failures,
            "checks": [
                {"what": what, "expected": expected, "found": found}
                for what, expected, found in verdict.checks
            ],
        }
        if options.results is not None:
            write(options.results, report, done)
        return report

    def _under_load(self, module: str) -> tuple[list[Delivery], Run, dict[str, Any]]:
        options = self._options
        with running_shim(self._system, module=module) as shim:
            at_rest = sum(p.memory_info().rss for p in shim.processes)
            started = time.perf_counter()
            sent = deliveries(options.mix, self._endpoints, shim.host, self._bodies)
            building = time.perf_counter() - started
            done = send(
                self._system,
                shim,
                sent,
                users=options.users,
                processes=options.processes,
                timeout=max(120.0, 20 * options.limit_seconds),
            )
            after = sum(p.memory_info().rss for p in shim.processes)
        return (
            sent,
            done,
            {
                **report_of(done),
                "built_in_s": round(building, 3),
                "shim_start_s": round(shim.start_seconds, 2),
                "shim_rss_mib": [round(at_rest / 2**20, 1), round(after / 2**20, 1)],
            },
        )


def only_slow(verdict: Any) -> bool:
    """Whether nothing is wrong but the time, or what comes of being slow."""
    slow = {"seconds", "timeouts"}
    return all(line.partition(":")[0] in slow for line in verdict.failures)


def _report(
    options: Options,
    machine: dict[str, Any],
    null: dict[str, Any],
    gate: dict[str, Any],
) -> dict[str, Any]:
    ratio = gate["per_second"] / null["per_second"]
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "options": {
            "mix": asdict(options.mix),
            "users": options.users,
            "client_processes": options.processes,
            "tenants": options.tenants,
            "limit_s": options.limit_seconds,
        },
        "gate": gate,
        "null": null,
        "of_null": round(ratio, 3),
        "aims": {
            "2 s for 10,000": [round(gate["elapsed_s"] / options.mix.total * 10_000, 2), 2.0],
            "0.55 of the null benchmark": [round(ratio, 3), 0.55],
        },
        **machine,
        "load_average_after": system_load(),
    }


def system_load() -> list[float]:
    """Return the load averages: others at work show here."""
    return [round(x, 2) for x in os.getloadavg()]


def write(folder: Path, report: dict[str, Any], done: Run) -> None:
    """Write gate.json, the page gate.html, and a line of history."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gate.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    line = {
        "at": report["at"],
        "revision": report["revision"],
        "outcome": report["verdict"]["outcome"],
        "webhooks": report["gate"]["webhooks"],
        "elapsed_s": report["gate"]["elapsed_s"],
        "per_second": report["gate"]["per_second"],
        "null_per_second": report["null"]["per_second"],
        "p99_ms": report["gate"]["latency_ms"]["p99"],
        "load_average": report["hardware"]["load_average_before"][0],
    }
    history = folder / "history.jsonl"
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    lines = [json.loads(text) for text in history.read_text(encoding="utf-8").splitlines()]
    write_html(folder / "gate.html", report, done, lines)
