"""The attribution models once more, from their definitions, in exact fractions.

Shares nothing with the database's functions, and solves the data-driven models another way: Markov
by removing each channel and solving the chain again, Shapley by its sum over all subsets. What it
knows of a shop are touches, orders and refunds; a window is a UTC day.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from math import factorial

LOOKBACK = timedelta(days=30)
HALF_LIFE = timedelta(days=7)
NOBODY = "unattributed"


@dataclass(frozen=True)
class Touch:
    """A touch; `name` is its touch_id."""

    name: str
    at: datetime
    channel: str
    session: str | None = None
    customer: str | None = None


@dataclass(frozen=True)
class Order:
    """A sale; `channel` is that of the touch it carries itself, if any."""

    name: str
    at: datetime
    amount: int
    currency: str = "EUR"
    channel: str | None = None
    session: str | None = None
    customer: str | None = None


@dataclass(frozen=True)
class Refund:
    """What was given back of an order, in the order's currency."""

    name: str
    at: datetime
    order: str
    amount: int


@dataclass(frozen=True)
class Shop:
    """Everything that happened."""

    touches: tuple[Touch, ...]
    orders: tuple[Order, ...]
    refunds: tuple[Refund, ...] = ()


Path = list[tuple[str, datetime]]
Weights = dict[str, Fraction]
Row = tuple[str, str, str, str, str]
"""model, kind, object, currency, channel"""


def journey(shop: Shop, order: Order) -> Path:
    """Return the channels that led to an order, with their times."""
    found = [
        touch
        for touch in shop.touches
        if order.at - LOOKBACK <= touch.at <= order.at
        and (
            (touch.session is not None and touch.session == order.session)
            or (touch.customer is not None and touch.customer == order.customer)
        )
    ]
    found.sort(key=lambda touch: (touch.at, touch.name))
    path = [(touch.channel, touch.at) for touch in found]
    if order.channel is not None and order.channel not in {touch.channel for touch in found}:
        path.append((order.channel, order.at))
    return path


def lost_journeys(shop: Shop, day: date) -> list[list[str]]:
    """Return the channels of each visitor of a day who bought nothing on it."""
    orders = [order for order in shop.orders if order.at.date() == day]
    sessions = {order.session for order in orders if order.session is not None}
    customers = {order.customer for order in orders if order.customer is not None}
    visitors: dict[tuple[str | None, str | None], list[Touch]] = defaultdict(list)
    for touch in shop.touches:
        if touch.at.date() == day:
            visitor = (touch.customer, touch.session if touch.customer is None else None)
            visitors[visitor].append(touch)
    return [
        [touch.channel for touch in sorted(touches, key=lambda touch: (touch.at, touch.name))]
        for touches in visitors.values()
        if not any(touch.session in sessions or touch.customer in customers for touch in touches)
    ]


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
MODELS = (*BY_TOUCH, "markov", "shapley")


def divide(amount: int, weights: Weights) -> dict[str, int]:
    """Divide an amount by largest remainder, ties by the channel's code."""
    total = sum(weights.values())
    quotas = {channel: amount * weight / total for channel, weight in weights.items()}
    shares = {channel: quota.numerator // quota.denominator for channel, quota in quotas.items()}
    left = amount - sum(shares.values())
    for channel in sorted(quotas, key=lambda c: (shares[c] - quotas[c], c))[:left]:
        shares[channel] += 1
    return {channel: share for channel, share in shares.items() if share}


def weigh(model: str, path: Path, learnt: Mapping[str, Weights]) -> Weights:
    """Return the weight of each channel of a journey."""
    if not path:
        return {NOBODY: Fraction(1)}
    weights: Weights = defaultdict(Fraction)
    if model in BY_TOUCH:
        for (channel, _), weight in zip(path, BY_TOUCH[model](path), strict=True):
            weights[channel] += weight
    else:
        for channel, _ in path:
            weights[channel] = max(learnt[model].get(channel, Fraction(0)), Fraction(0))
        if not any(weights.values()):
            weights = dict.fromkeys(weights, Fraction(1))
    return {channel: weight for channel, weight in weights.items() if weight}


def allocate(shop: Shop) -> dict[Row, int]:
    """Return every allocation by every model."""
    rows: dict[Row, int] = {}
    for day in {order.at.date() for order in shop.orders}:
        orders = [order for order in shop.orders if order.at.date() == day]
        paths = {order.name: journey(shop, order) for order in orders}
        won = [[channel for channel, _ in path] for path in paths.values() if path]
        lost = lost_journeys(shop, day)
        learnt = {"markov": markov(won, lost), "shapley": shapley(won, lost)}
        for order in orders:
            for model in MODELS:
                shares = divide(order.amount, weigh(model, paths[order.name], learnt))
                for channel, share in shares.items():
                    rows[model, "sale", order.name, order.currency, channel] = share
                take_back(rows, shop, order, model, shares)
    return rows


def take_back(
    rows: dict[Row, int], shop: Shop, order: Order, model: str, earned: Mapping[str, int]
) -> None:
    """Reverse an order's refunds one after the other, in proportion to what was earned."""
    before: dict[str, int] = {}
    total = 0
    refunds = [refund for refund in shop.refunds if refund.order == order.name]
    for refund in sorted(refunds, key=lambda refund: (refund.at, refund.name)):
        total += refund.amount
        after = divide(total, {channel: Fraction(share) for channel, share in earned.items()})
        for channel in earned:
            share = before.get(channel, 0) - after.get(channel, 0)
            if share:
                rows[model, "refund", refund.name, order.currency, channel] = share
        before = after
