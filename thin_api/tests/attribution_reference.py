"""The attribution models once more, from their definitions, in exact fractions.

Shares nothing with the database's functions. What it knows of a shop are touches, orders and
refunds; a window is a UTC day.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from thin_api.tests.attribution_models import BY_TOUCH, Path, Weights, markov, shapley

LOOKBACK = timedelta(days=30)
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
