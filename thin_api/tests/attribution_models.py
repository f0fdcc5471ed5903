"""The weights of the models, in exact fractions, for the reference of attribution.

The data-driven ones are solved another way than in the database: Markov by removing each channel
and solving the chain again, Shapley by its sum over all subsets.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from math import factorial

HALF_LIFE = timedelta(days=7)
Path = list[tuple[str, datetime]]
Weights = dict[str, Fraction]


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """Solve a system of linear equations by Gaussian elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = next(k for k in range(i, len(rows)) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(len(rows)):
            if k != i and rows[k][i] != 0:
                factor = rows[k][i]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[-1] for row in rows]


def conversion_probability(
    chain: Mapping[str, Mapping[str, Fraction]], removed: str | None
) -> Fraction:
    """Return how likely a journey converts when a channel leads nowhere."""
    states = [state for state in chain if state != removed]
    matrix = [
        [Fraction(here == there) - chain[here].get(there, Fraction(0)) for there in states]
        for here in states
    ]
    right = [chain[here].get("(conversion)", Fraction(0)) for here in states]
    return solve(matrix, right)[states.index("(start)")]


def markov(won: Iterable[list[str]], lost: Iterable[list[str]]) -> Weights:
    """Return the removal effect of each channel."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    paths = [(path, "(conversion)") for path in won] + [(path, "(null)") for path in lost]
    for path, end in paths:
        for here, there in zip(["(start)", *path], [*path, end], strict=True):
            counts[here][there] += 1
    if not counts:
        return {}
    chain = {
        here: {there: Fraction(n, sum(targets.values())) for there, n in targets.items()}
        for here, targets in counts.items()
    }
    base = conversion_probability(chain, None)
    if base == 0:
        return {}
    return {
        channel: 1 - conversion_probability(chain, channel) / base
        for channel in chain
        if channel != "(start)"
    }


def shapley(won: Sequence[list[str]], lost: Sequence[list[str]]) -> Weights:
    """Return the Shapley value of each channel; v(S) is the conversion rate within S."""
    channels = sorted({channel for path in [*won, *lost] for channel in path})

    def rate(members: frozenset[str]) -> Fraction:
        good = sum(1 for path in won if members.issuperset(path))
        total = good + sum(1 for path in lost if members.issuperset(path))
        return Fraction(good, total) if total else Fraction(0)

    rates = {
        frozenset(members): rate(frozenset(members))
        for size in range(len(channels) + 1)
        for members in combinations(channels, size)
    }
    n = len(channels)
    return {
        channel: sum(
            (
                Fraction(factorial(len(s)) * factorial(n - len(s) - 1), factorial(n))
                * (rates[s | {channel}] - rates[s])
                for s in rates
                if channel not in s
            ),
            Fraction(0),
        )
        for channel in channels
    }


def half_lives(age: timedelta) -> Fraction:
    """Return 2^(-age / half-life), to 60 digits."""
    with localcontext() as context:
        context.prec = 60
        exponent = Decimal(age // timedelta(microseconds=1)) / Decimal(
            HALF_LIFE // timedelta(microseconds=1)
        )
        return Fraction(Decimal(2) ** -exponent)


def first_touch(path: Path) -> list[Fraction]:
    return [Fraction(i == 0) for i in range(len(path))]


def last_touch(path: Path) -> list[Fraction]:
    return [Fraction(i == len(path) - 1) for i in range(len(path))]


def last_non_direct(path: Path) -> list[Fraction]:
    named = [i for i, (channel, _) in enumerate(path) if channel != "direct"]
    return [Fraction(i == (named[-1] if named else len(path) - 1)) for i in range(len(path))]


def linear(path: Path) -> list[Fraction]:
    return [Fraction(1, len(path))] * len(path)


def position_based(path: Path) -> list[Fraction]:
    if len(path) <= 2:
        return [Fraction(1, len(path))] * len(path)
    between = Fraction(1, 5) / (len(path) - 2)
    return [Fraction(2, 5), *[between] * (len(path) - 2), Fraction(2, 5)]


def time_decay(path: Path) -> list[Fraction]:
    return [half_lives(path[-1][1] - at) for _, at in path]


BY_TOUCH: dict[str, Callable[[Path], list[Fraction]]] = {
    function.__name__: function
    for function in (
        first_touch,
        last_touch,
        last_non_direct,
        linear,
        position_based,
        time_decay,
    )
}
