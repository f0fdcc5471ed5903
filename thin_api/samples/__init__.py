"""Synthetic webhook bodies, a folder per provider, in the provider's own serialisation.

The bodies are invented (people, mail addresses at example.com, 555 numbers), but have the shape,
the size and the personal data of real ones. Those of a provider tell one story: a sale, what
was refunded of it, what else happened to it.

Every id that must be new in each delivery carries one of two marks: the token ``SAMPLE``, or a
19-digit number that starts with ``9000000000000000`` (above 2**53, so that a reader that rounds
to doubles is found out). The ids of one body are renewed together: what matched, matches still.

A sample's name is its path without ``.json``, and its topic what stands before a ``~``:
``shopify/orders/paid.json`` is ``orders/paid``; ``TOPIC~variant`` is another body of a topic.
"""

import random
import re
import string
from pathlib import Path

from thin_api.verify import load_providers

FOLDER = Path(__file__).parent

_TOKEN = b"SAMPLE"
_NUMBER = re.compile(rb"9000000000000000(\d{3})")
_TOKEN_LENGTH = 12
_SYSTEM = random.SystemRandom()


def names(provider: str) -> tuple[str, ...]:
    """The sample names of a provider, sorted; none for a provider without samples."""
    folder = FOLDER / provider
    files = folder.rglob("*.json")
    return tuple(sorted(f.relative_to(folder).with_suffix("").as_posix() for f in files))


def topic_of(name: str) -> str:
    """The topic a sample is sent under."""
    return name.partition("~")[0]


def load(provider: str, name: str | None = None, *, fresh: bool = True) -> tuple[str, bytes]:
    """Return (topic, body) of a sample; with ``fresh`` its ids are new, else always the same.

    name: by default the provider's SAMPLE, which books a sale. Raises LookupError, naming what
    there is, when the provider has no such sample.
    """
    if name is None and provider in load_providers():
        name = load_providers()[provider].SAMPLE
    if name is None or name not in names(provider):
        known = ", ".join(names(provider)) or "none"
        raise LookupError(f"no sample {name!r} for {provider!r}; there are: {known}")
    body = (FOLDER / provider / f"{name}.json").read_bytes()
    return topic_of(name), renew(body) if fresh else body


def renew(body: bytes, source: random.Random = _SYSTEM) -> bytes:
    """Replace the marked ids by random ones of the same shape, the same mark by the same id."""
    # Letters only: a run of random digits could be taken for a phone or card number.
    token = "".join(source.choice(string.ascii_letters) for _ in range(_TOKEN_LENGTH))
    # 9, fifteen random digits, the original last three: 19 digits, below 2**63.
    middle = f"{source.randrange(2 * 10**14):015d}"
    body = _NUMBER.sub(rb"9" + middle.encode() + rb"\1", body)
    return body.replace(_TOKEN, token.encode())
