"""`python -m load.client FILE HOST USERS PACE`: one process of locust users for the gate.

FILE holds pickled deliveries. It says "ready" when its users are connected, starts on the line
"go", and ends when everything is sent; the results go to FILE.results. PACE: requests a second, due
at random moments; 0: as fast as they are answered.
"""

import gc
import pickle
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
from gevent.event import Event
from locust import HttpUser  # noqa: F401  # patches the standard library first
from locust.env import Environment

from load.locustfile import Prepared


def arrivals(per_second: float, chance: random.Random) -> Iterator[float]:
    """Yield when each webhook is due, from now on: at random, as independent senders send."""
    due = time.monotonic()
    while True:
        due += chance.expovariate(per_second)
        yield due


def main(path: Path, host: str, users: int, pace: float) -> None:
    """Send what the file holds."""
    sent = pickle.loads(path.read_bytes())  # noqa: S301  # written by our parent process

    class Sender(Prepared):
        abstract = False

    Sender.deliveries, Sender.results = iter(sent), []
    Sender.go, Sender.connected = Event(), []
    Sender.host = f"http://{host}"
    chance = random.Random(sent[0].number)  # noqa: S311  # another one in each process
    Sender.arrivals = arrivals(pace, chance) if pace else None
    environment = Environment(user_classes=[Sender], catch_exceptions=False)
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    while len(Sender.connected) < users:
        gevent.sleep(0.02)
    gc.collect()
    gc.freeze()
    gc.disable()
    print("ready", flush=True)  # noqa: T201
    gevent.get_hub().threadpool.apply(sys.stdin.readline)
    Sender.go.set()
    while len(Sender.results) < len(sent) and runner.user_count:
        gevent.sleep(0.02)
    path.with_suffix(".results").write_bytes(pickle.dumps(Sender.results, protocol=5))
    runner.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
