"""The ladder: what happens to webhooks when N of them come at once, in eight ways.

Each scenario sends N webhooks through a running shim and reads the truth from the database. (S8 is
the gate of 10,000, which is measured on its own.)
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from load.scenarios.books import Verdict
from load.scenarios.stage import Stage

SIZES = (50, 250, 1000)


@dataclass(frozen=True)
class Play:
    """What a scenario gets: where it plays, how many webhooks, its source of chance."""

    stage: Stage
    n: int
    source: random.Random
    answered: Callable[[], None]


@dataclass(frozen=True)
class Result:
    """How a scenario ended."""

    scenario: str
    title: str
    n: int
    seed: int
    elapsed: float
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """Return what the JSON line holds."""
        verdict = self.verdict
        return {
            "scenario": self.scenario,
            "title": self.title,
            "n": self.n,
            "seed": self.seed,
            "verdict": "pass" if verdict.passed else "fail",
            "elapsed_s": round(self.elapsed, 3),
            "expected": dict(sorted(verdict.expected.items())),
            "found": dict(sorted(verdict.found.items())),
            "complaints": verdict.complaints,
        }


@dataclass(frozen=True)
class Scenario:
    """One rung of the ladder."""

    name: str
    title: str
    play: Callable[[Play], Verdict] = field(repr=False)

    def run(self, stage: Stage, n: int, seed: int, answered: Callable[[], None]) -> Result:
        """Play it and say how it ended; an error of the scenario itself is a failure too."""
        source = random.Random(f"{self.name} {n} {seed}")  # noqa: S311  # repeatable on purpose
        started = time.perf_counter()
        try:
            verdict = self.play(Play(stage, n, source, answered))
        except Exception as error:  # told in the result: the other rungs go on
            verdict = Verdict(complaints=[f"{type(error).__name__}: {error}"])
        return Result(self.name, self.title, n, seed, time.perf_counter() - started, verdict)


def scenarios() -> Mapping[str, Scenario]:
    """Return every scenario by its name, in order."""
    from load.scenarios import mixed, plain, spoiled, tenants

    table = (
        Scenario("S1", "unique webhooks of all providers", plain.unique),
        Scenario("S2", "the same webhook, N times at once", plain.same),
        Scenario("S3", "duplicates mixed in", plain.duplicates),
        Scenario("S4", "malformed payloads", spoiled.malformed_payloads),
        Scenario("S5", "personal data where none belongs", spoiled.personal_data),
        Scenario("S6", "two tenants interleaved, the same bodies", tenants.interleaved),
        Scenario("S7", "wrong signatures", spoiled.wrong_signatures),
        Scenario("S9", "everything mixed, dead letters replayed meanwhile", mixed.everything),
    )
    return {scenario.name: scenario for scenario in table}
