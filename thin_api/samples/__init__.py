"""Synthetic webhook bodies, one JSON file per topic, in each provider's own serialisation.

The bodies are invented (people, mail addresses at example.com, 555 numbers), but have the shape,
the size and the personal data of real ones. They tell one story: order 9000000000000000001 is
created, paid, partly refunded and cancelled; the Stripe files do the same for one payment.

Every id that must be new in each delivery carries one of two marks: the token ``SAMPLE``, or a
19-digit number that starts with ``9000000000000000`` (above 2**53, so that a reader that rounds
to doubles is found out). The ids of one body are renewed together: what matched, matches still.

File names are topics; Shopify's ``orders/paid`` is the file ``orders_paid.json``.
"""

import re
import secrets
import string
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent

# What `load` takes when no name is given: the topic that books a sale.
DEFAULTS: Mapping[str, str] = {"shopify": "orders_paid", "stripe": "payment_intent.succeeded"}

_TOKEN = b"SAMPLE"
_NUMBER = re.compile(rb"9000000000000000(\d{3})")
_TOKEN_LENGTH = 12


def names(provider: str) -> tuple[str, ...]:
    """The sample names of a provider, sorted; none for a provider without samples."""
    return tuple(sorted(path.stem for path in (FOLDER / provider).glob("*.json")))


def topic_of(provider: str, name: str) -> str:
    """The topic a sample is sent under: its name, with Shopify's slash put back."""
    return name.replace("_", "/", 1) if provider == "shopify" else name


def load(provider: str, name: str | None = None, *, fresh: bool = True) -> tuple[str, bytes]:
    """Return (topic, body) of a sample; with ``fresh`` its ids are new, else always the same.

    Raises LookupError, naming what there is, when the provider has no such sample.
    """
    name = name or DEFAULTS.get(provider, "")
    if name not in names(provider):
        known = ", ".join(names(provider)) or "none"
        raise LookupError(f"no sample {name!r} for {provider!r}; there are: {known}")
    body = (FOLDER / provider / f"{name}.json").read_bytes()
    return topic_of(provider, name), renew(body) if fresh else body


def renew(body: bytes) -> bytes:
    """Replace the marked ids by random ones of the same shape, the same mark by the same id."""
    # Letters only: a run of random digits could be taken for a phone or card number.
    token = "".join(secrets.choice(string.ascii_letters) for _ in range(_TOKEN_LENGTH))
    # 9, fifteen random digits, the original last three: 19 digits, below 2**63.
    middle = f"{secrets.randbelow(2 * 10**14):015d}"
    body = _NUMBER.sub(rb"9" + middle.encode() + rb"\1", body)
    return body.replace(_TOKEN, token.encode())
