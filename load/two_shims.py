"""Whether a second shim process helps on this machine: `python -m load.two_shims`.

Two client processes send to one shim, then to one each, in turns; printed are webhooks per second.
"""

from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from load.kinds import STRIPE, send_new
from load.system import Shim, System, running_shim, running_system

ROUNDS, WEBHOOKS, USERS = 4, 6_000, 64


def rate(system: System, shims: tuple[Shim, Shim]) -> float:
    """Return the rate at which two clients were answered, from the first request on."""
    with ThreadPoolExecutor() as pool:
        runs = pool.map(
            lambda shim: send_new(system, shim, STRIPE, system.endpoints, WEBHOOKS, users=USERS),
            shims,
        )
        results = [result for run in runs for result in run.results]
    first = min(result.started for result in results)
    return len(results) / (max(result.started + result.seconds for result in results) - first)


def main() -> None:
    """Print both rates, round by round."""
    with running_system() as system:
        system.create_endpoints(["stripe"])
        log = system.server.home / "second.log"
        with running_shim(system) as one, running_shim(system, log=log) as other:
            for _ in range(ROUNDS):
                alone, both = rate(system, (one, one)), rate(system, (one, other))
                Console().print(f"one shim {alone:,.0f}/s, two {both:,.0f}/s: {both / alone:.2f}")


if __name__ == "__main__":
    main()
