"""What the benchmarks found, beside what was aimed at: the table in the README."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from load.kinds import KINDS, Kind
from load.rivals import PEERS, Rivals
from thin_api import ROOT

README = ROOT / "README.md"
MARKS = "<!-- bench: written by `make bench` -->", "<!-- /bench -->"
RATES = {
    "the shim": "shim",
    "null benchmark: verified and answered, no database": "null",
    "pgbench, 8 clients calling the procedure, one commit each": "pgbench",
    **{f"FastAPI + SQLAlchemy + asyncpg, {who.removeprefix('peer, ')}": who for who in PEERS},
}


@dataclass(frozen=True)
class Finding:
    """A figure. aim: at least so much, or at_most so much; digits: after the point."""

    what: str
    value: float
    digits: int = 2
    unit: str = ""
    aim: float | None = None
    at_most: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached, as the figure is shown; None: there is none."""
        if self.aim is None:
            return None
        shown = round(self.value, self.digits)
        return shown <= self.aim if self.at_most else shown >= self.aim

    @property
    def verdict(self) -> str:
        """The same in a word."""
        return {True: "reached", False: "missed", None: ""}[self.reached]

    def __str__(self) -> str:
        """Return the figure as it is shown."""
        return f"{self.value:,.{self.digits}f} {self.unit}".rstrip()


def ratios(rivals: Rivals) -> dict[str, list[Finding]]:
    """Return the shim's rate divided by the others', by kind."""

    def found(what: str, aim: float | None, *others: str) -> list[Finding]:
        return [
            Finding(f"{kind.name}, shim : {what}", rivals.ratio(kind, *others), aim=aim)
            for kind in KINDS
        ]

    return {
        "**shim : null** (aim 0.55)": found("null", 0.55, "null"),
        "**shim : pgbench**": found("pgbench", None, "pgbench"),
        "**shim : best peer** (aim 5)": found("best peer", 5, *PEERS),
    }


def table(rivals: Rivals, also: Sequence[Finding], machine: dict[str, Any]) -> str:
    """Return the README's table."""

    def rate(kind: Kind, who: str) -> str:
        return f"{rivals.median(kind, who):,.0f}"

    lines = [
        row("webhooks a second", *(kind.name for kind in KINDS)),
        row("---", *["---:"] * len(KINDS)),
        *(row(text, *(rate(kind, who) for kind in KINDS)) for text, who in RATES.items()),
        *(
            row(text, *(f"{found} {found.verdict}".strip() for found in by_kind))
            for text, by_kind in ratios(rivals).items()
        ),
        "",
        row("also measured", "found", "aim", "reached"),
        row("---", "---:", "---:", "---"),
        *(row(f.what, str(f), aim_of(f), f.verdict) for f in also),
    ]
    hardware = machine["hardware"]
    rounds = len(rivals.rates[KINDS[0].name, "shim"])
    where = (
        f"{datetime.now(UTC):%Y-%m-%d}, {hardware['cores']} cores ({hardware['processor']}) shared "
        f"by client, shim and PostgreSQL {machine['versions']['postgresql']}; load average before "
        f"the run {hardware['load_average_before'][0]}; medians of {rounds} interleaved rounds."
    )
    return "\n".join([*lines, "", where])


def row(*cells: str) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |"


def aim_of(finding: Finding) -> str:
    """Return the aim as it is shown."""
    if finding.aim is None:
        return ""
    return f"{'≤' if finding.at_most else '≥'} {finding.aim:g} {finding.unit}".rstrip()


def write_readme(text: str) -> bool:
    """Put the table between the README's markers; say whether they are there."""
    page = README.read_text(encoding="utf-8")
    begin, end = MARKS
    if begin not in page or end not in page:
        return False
    head, _, rest = page.partition(begin)
    _, _, tail = rest.partition(end)
    README.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")
    return True
