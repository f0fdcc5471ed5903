"""The gate's page: one HTML file with its plots inside."""

import base64
import html
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from load.measure import Run

BLUE, ORANGE, GREEN, GREY = "#2b6cb0", "#c05621", "#2f855a", "#a0aec0"
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a202c; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.outcome { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; color: white; }
.passed { background: #2f855a; } .failed { background: #c53030; } .machine { background: #b7791f; }
table { border-collapse: collapse; } td, th { padding: .2rem .9rem .2rem 0; text-align: left;
  vertical-align: top; border-bottom: 1px solid #e2e8f0; }
td.n { text-align: right; font-variant-numeric: tabular-nums; } img { max-width: 100%; }
.facts { display: flex; gap: 2.5rem; flex-wrap: wrap; margin: 1rem 0; }
.facts b { display: block; font-size: 1.6rem; } .bad { color: #c53030; font-weight: 600; }
"""


def _figure(width: float = 9.5, height: float = 2.9) -> tuple[Any, Any]:
    figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color="#edf2f7")
    axes.set_axisbelow(True)
    return figure, axes


def _image(figure: Any, alt: str) -> str:
    with io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=130)
        data = base64.b64encode(file.getvalue()).decode()
    plt.close(figure)
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">'


def _throughput(run: Run) -> str:
    figure, axes = _figure()
    width = max(0.05, round(run.elapsed / 60, 2))
    slots = Counter(int((r.started + r.seconds - run.started) / width) for r in run.results)
    last = max(slots)
    axes.bar(
        [(i + 0.5) * width for i in range(last + 1)],
        [slots[i] / width for i in range(last + 1)], width=width * 0.9, color=BLUE,
    )  # fmt: skip
    axes.axhline(run.rate, color=ORANGE, linewidth=1)
    axes.annotate(f"mean {run.rate:.0f}/s", (run.elapsed, run.rate), xytext=(8, 3), color=ORANGE,
                  textcoords="offset points")  # fmt: skip
    axes.set_xlabel("seconds since the first request")
    axes.set_ylabel("answers per second")
    return _image(figure, "Answers per second over the run")


def _latency(run: Run) -> str:
    figure, axes = _figure()
    ordered = sorted(r.seconds * 1000 for r in run.results)
    axes.plot(ordered, [(i + 1) / len(ordered) * 100 for i in range(len(ordered))], color=BLUE)
    for name, at in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        value = ordered[min(len(ordered) - 1, int(at * len(ordered)))]
        axes.plot([value], [at * 100], "o", color=ORANGE)
        axes.annotate(f"{name} {value:.1f} ms", (value, at * 100), xytext=(7, -11),
                      textcoords="offset points")  # fmt: skip
    axes.set_xlim(left=0)
    axes.set_xlabel("milliseconds from request to answer")
    axes.set_ylabel("% of the webhooks")
    return _image(figure, "Latency, cumulative")


def _cpu(report: dict[str, Any]) -> str:
    figure, axes = _figure(height=1.9)
    axes.grid(visible=False)
    for row, (name, part) in enumerate((("null", report["null"]), ("gate", report["gate"]))):
        left = 0.0
        for who, colour in (("client", GREY), ("shim", BLUE), ("postgres", ORANGE)):
            value = part["cpu_us_per_webhook"].get(who, 0)
            axes.barh(row, value, left=left, color=colour, height=0.6,
                      label=who if row == 1 else None)  # fmt: skip
            if value > 30:
                axes.text(left + value / 2, row, str(value), ha="center", va="center",
                          color="white")  # fmt: skip
            left += value
        axes.text(-4, row, name, ha="right", va="center")
    axes.set_yticks([])
    axes.set_xlabel("CPU per webhook, microseconds")
    axes.legend(frameon=False, loc="lower right")
    return _image(figure, "CPU per webhook by process")


def _waits(report: dict[str, Any]) -> str:
    waits = sorted(report["gate"]["waits"].items(), key=lambda item: item[1])[-8:]
    if not waits:
        return "<p>The run was too short for a sample.</p>"
    figure, axes = _figure(height=0.6 + 0.32 * len(waits))
    axes.grid(visible=False)
    axes.barh([name for name, _ in waits], [share * 100 for _, share in waits], color=BLUE)
    axes.set_xlabel("% of the samples of busy sessions")
    return _image(figure, "What the database sessions did")


def _history(lines: list[dict[str, Any]]) -> str:
    figure, axes = _figure(height=2.3)
    recent = lines[-40:]
    axes.plot([line["per_second"] for line in recent], "o-", color=BLUE, label="gate")
    axes.plot([line["null_per_second"] for line in recent], "o-", color=GREY, label="null")
    axes.set_ylim(bottom=0)
    axes.set_ylabel("webhooks/s")
    axes.set_xlabel("runs on this machine, oldest first")
    axes.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
    axes.legend(frameon=False)
    return _image(figure, "Earlier runs")


def _table(rows: Sequence[tuple[Any, ...]], head: tuple[str, ...] = ()) -> str:
    def cells(row: tuple[Any, ...]) -> str:
        return "".join(
            f"<td{' class=n' if i else ''}>{html.escape(str(cell))}</td>"
            for i, cell in enumerate(row)
        )

    first = f"<tr>{''.join(f'<th>{html.escape(c)}</th>' for c in head)}</tr>" if head else ""
    return f"<table>{first}{''.join(f'<tr>{cells(row)}</tr>' for row in rows)}</table>"


def _facts(report: dict[str, Any]) -> str:
    gate, null = report["gate"], report["null"]
    facts = [
        (f"{gate['elapsed_s']:.2f} s", f"for {gate['webhooks']:,} webhooks"),
        (f"{gate['per_second']:,.0f}/s", "recorded"),
        (f"{gate['latency_ms']['p99']:.0f} ms", "99 % answered within"),
        (f"{null['per_second']:,.0f}/s", "null benchmark"),
        (f"{report['of_null']:.2f}", "of the null benchmark"),
    ]
    return "".join(f"<div><b>{html.escape(v)}</b>{html.escape(t)}</div>" for v, t in facts)


def write_html(path: Path, report: dict[str, Any], run: Run, history: list[dict[str, Any]]) -> None:
    """Write the page."""
    outcome = report["verdict"]["outcome"]
    checks = "".join(
        f"<tr><td>{html.escape(c['what'])}</td><td class=n>{html.escape(str(c['expected']))}</td>"
        f'<td class="n{"" if c["expected"] == c["found"] else " bad"}">'
        f"{html.escape(str(c['found']))}</td></tr>"
        for c in report["verdict"]["checks"]
    )
    latency = [(name, f"{ms} ms") for name, ms in report["gate"]["latency_ms"].items()]
    machine = [
        *((name, str(value)) for name, value in report["hardware"].items()),
        *((name, value) for name, value in report["versions"].items()),
        *((name, value) for name, value in report["postgresql_settings"].items()),
        ("load average after", str(report["load_average_after"])),
        ("building and signing, before the clock", f"{report['gate']['built_in_s']} s"),
        ("WAL per webhook", f"{report['gate']['wal_bytes_per_webhook']} bytes"),
        ("shim's memory, before and after", f"{report['gate']['shim_rss_mib']} MiB"),
    ]
    path.write_text(
        f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Hookledger: the gate, {outcome}</title>
<style>{STYLE}</style>
<h1>The gate <span class="outcome {outcome.split()[0]}">{outcome}</span></h1>
<p>{report["at"]}, revision {html.escape(report["revision"])}; mix:
{html.escape(", ".join(f"{k} {v}" for k, v in report["options"]["mix"].items()))};
{report["options"]["users"]} users.</p>
<div class="facts">{_facts(report)}</div>
<h2>Throughput</h2>{_throughput(run)}
<h2>Latency</h2>{_latency(run)}{_table(latency)}
<h2>Where the CPU goes</h2>{_cpu(report)}
<h2>What the database sessions wait for</h2>{_waits(report)}
<h2>The verdict, from the database</h2>
<table><tr><th>check</th><th>expected</th><th>found</th></tr>{checks}</table>
<h2>Earlier runs</h2>{_history(history)}
<h2>Machine</h2>{_table(machine)}
</html>
""",
        encoding="utf-8",
    )
