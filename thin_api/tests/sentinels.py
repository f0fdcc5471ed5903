"""Personal data made up for one run, and the search for it wherever something may have been kept.

Every value carries a mark that nothing else in the world carries: eight letters, or eight digits
at a fixed place of the number. So one search for the marks finds every value, in part or whole, in
any case; written as hex or base64 too; and with the blanks or dashes of its kind.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from thin_api.tests.cluster import Database

Finder = Callable[[bytes], list[str]]
Plant = Callable[[str, str], str | int]

_LETTERS = "gjkqvwxz"  # none is a hex digit
_SERIAL_LETTERS = "bcdfghjklmnpqrst"


class Sentinels:
    """Makes values (`plant`) and finds them again (`found_in`)."""

    def __init__(self) -> None:
        chance = random.SystemRandom()
        self._letters = "".join(chance.choices(_LETTERS, k=8))
        self._digits = f"{chance.randrange(10**7, 10**8)}"
        self._local = f"{chance.randrange(200, 999)}-{chance.randrange(200, 999)}"
        self._local_end = f"{chance.randrange(10, 99)}"
        self._born = f"{chance.randrange(40, 99)}{chance.choice(['03', '07', '11'])}"
        self._born += f"{chance.randrange(10, 29)}"
        self._labels: dict[bytes, str] = {}
        self._packed = {packed(int(self.number(0)))[:6]: "a number"}
        self._count = 0

    def plant(self, kind: str, where: str) -> str | int:
        """Return a new value of a kind; `where` tells afterwards which one was found."""
        self._count += 1
        made = _MAKERS[kind](self, self._count)
        label = f"{where} ({kind} {str(made)[:60]})"
        if kind.endswith(" number"):
            self._packed[packed(int(made))] = label
        self._labels[self.token(self._count).encode()] = label
        self._labels[str(made).lower().encode()] = label
        return made

    def at(self, place: str) -> Plant:
        """Return a `plant` whose labels begin with a place."""
        return lambda kind, where: self.plant(kind, f"{place}: {where}")

    # -- the values ------------------------------------------------------------------------------

    def token(self, number: int) -> str:
        """Letters only: the mark and a serial."""
        serial = "".join(_SERIAL_LETTERS[number // 16**i % 16] for i in range(4))
        return self._letters + serial

    def card(self, number: int) -> str:
        """Sixteen digits that pass Luhn."""
        digits = f"4{self._digits}0{number:05d}"
        doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(digits)]
        return digits + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)

    def iban(self, number: int) -> str:
        """A German one that passes modulo 97."""
        account = f"{self._digits}00000{number:05d}"
        return f"DE{98 - int(account + '131400') % 97:02d}{account}"

    def rrn(self, number: int) -> str:
        """A Korean resident registration number with its check digit."""
        digits = f"{self._born}10{number % 10_000:04d}"
        total = sum(int(d) * (i % 8 + 2) for i, d in enumerate(digits))
        return f"{digits[:6]}-{digits[6:]}{(11 - total % 11) % 10}"

    def phone(self, number: int) -> str:
        """An international number."""
        return f"+49{self._digits}{number:05d}"

    def local_phone(self, number: int) -> str:
        """A North American number."""
        return f"{self._local}-{self._local_end}{number % 100:02d}"

    def email(self, number: int) -> str:
        """A mail address."""
        return f"{self.token(number)}@{self.token(number)}.example.org"

    def street(self, number: int) -> str:
        """A street address."""
        return f"{number} {self.token(number).capitalize()} Street"

    def number(self, number: int) -> str:
        """A customer number: five groups of four digits, as a numeric packs them."""
        return f"{self._digits}4711{number:08d}"

    # -- the search ------------------------------------------------------------------------------

    def found_in(self, data: bytes) -> list[str]:
        """Return what of the planted values is in the data."""
        marks = [self._letters, f"{self._born}-1", f"{self._born}10"]
        marks += [f"{self._local}{separator}{self._local_end}" for separator in "-. "]
        digits = self._digits
        marks += [digits, f"4{digits[:3]} {digits[3:7]} {digits[7]}"]
        marks += [f"4{digits[:3]}-{digits[3:7]}-{digits[7]}", f"{digits[:4]} {digits[4:]}"]
        marks += [self._local.replace("-", "") + self._local_end]
        lowered = data.lower()
        found: list[tuple[str, str]] = []
        for mark in marks:
            found += self._around(lowered, mark.encode())
            for written in {mark, mark.capitalize(), mark.upper()}:
                found += self._around(lowered, written.encode().hex().encode())
                for needle in in_base64(written.encode()):
                    found += self._around(data, needle)
        for needle in self._packed:
            found += self._around(data, needle)
        return list(dict(found).values())

    def _around(self, data: bytes, needle: bytes) -> Iterator[tuple[str, str]]:
        at = data.find(needle)
        while at >= 0:
            near = data[max(0, at - 30) : at + 50]
            labels = (text for value, text in self._labels.items() if value in near.lower())
            label = next(labels, self._packed.get(needle, "part of a value"))
            yield label, f"{label}: {near!r}"
            at = data.find(needle, at + 1_000)


_MAKERS: dict[str, Callable[[Sentinels, int], str | int]] = {
    "email": Sentinels.email,
    "EMAIL": lambda s, n: s.email(n).upper(),
    "encoded email": lambda s, n: quote(s.email(n)),
    "email in text": lambda s, n: f"please write to {s.email(n)}, not before noon",
    "phone": Sentinels.phone,
    "phone in text": lambda s, n: f"please call {s.phone(n)} at noon",
    "phone number": lambda s, n: int(s.phone(n)),
    "local phone": Sentinels.local_phone,
    "local phone in text": lambda s, n: f"please call {s.local_phone(n)} at noon",
    "card": Sentinels.card,
    "card number": lambda s, n: int(s.card(n)),
    "card in text": lambda s, n: f"charge {grouped(s.card(n))} 12/29 please",
    "card with dashes": lambda s, n: grouped(s.card(n), "-"),
    "iban": Sentinels.iban,
    "iban in text": lambda s, n: f"transfer to {grouped(s.iban(n))} please",
    "rrn": Sentinels.rrn,
    "rrn in text": lambda s, n: f"resident {s.rrn(n)} asks",
    "rrn digits": lambda s, n: s.rrn(n).replace("-", ""),
    "lines": lambda s, n: f"card:\n{s.card(n)}\nphone:\n{s.phone(n)}",
    "name": lambda s, n: s.token(n).capitalize(),
    "street": Sentinels.street,
    "number": lambda s, n: int(s.number(n)),
    "token": Sentinels.token,
    "url": lambda s, n: (
        f"https://{s.token(n)}:x@example.org/?email={s.email(n)}&utm_source={s.email(n)}"
        f"&gclid={s.token(n)}&q={s.token(n)}#{s.token(n)}"
    ),
    "text": lambda s, n: (
        f"For {s.token(n).capitalize()}, {s.street(n)}: call {s.phone(n)} or {s.local_phone(n)}, "
        f"write to {s.email(n)}; {grouped(s.card(n))}, {grouped(s.iban(n))}, {s.rrn(n)}"
    ),
    "json text": lambda s, n: json.dumps(
        {"email": s.email(n), "first_name": s.token(n).capitalize(), "phone": s.phone(n)}
    ),
}

KINDS = tuple(_MAKERS)


def grouped(digits: str, separator: str = " ") -> str:
    """Write a number in groups of four."""
    return separator.join(digits[at : at + 4] for at in range(0, len(digits), 4))


def packed(number: int) -> bytes:
    """Return the digits of a numeric as PostgreSQL stores them: 16 bits for four of them."""
    text = str(number)
    text = text.zfill(-(-len(text) // 4) * 4)
    groups = [int(text[at : at + 4]) for at in range(0, len(text), 4)]
    return b"".join(group.to_bytes(2, "little") for group in groups)


def in_base64(value: bytes) -> Iterator[bytes]:
    """Yield what of the value stays the same wherever it stands in a text that is encoded."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + value).rstrip(b"=")
        whole = (before + len(value)) % 3 == 0
        yield encoded[(0, 2, 3)[before] : len(encoded) if whole else -1]


def search_files(find: Finder, *places: Path) -> list[str]:
    """Search the raw bytes of files, and of all files in folders."""
    found = []
    for place in places:
        for file in [place] if place.is_file() else sorted(place.rglob("*")):
            with suppress(FileNotFoundError):  # a running server removes what it needs no more
                if file.is_file():
                    name = "/".join(file.parts[-4:])
                    found += [f"{name}: {hit}" for hit in find(file.read_bytes())]
    return found


VIEWS = ("pg_indexes", "pg_views", "pg_stat_activity", "pg_settings")  # pg_stats is pg_statistic


def search_tables(find: Finder, database: Database) -> list[str]:
    """Search every column of every table of every schema, and what the server tells of itself."""
    found = []
    with psycopg.connect(database.dsn("superuser"), autocommit=True) as connection:
        tables = connection.execute(
            "select oid::regclass::text from pg_class where relkind in ('r', 'm', 'p')"
        ).fetchall()
        for (table,) in [*tables, *((view,) for view in VIEWS)]:
            rows = connection.execute(f"select t::text from {table} as t").fetchall()
            data = "\n".join(text or "" for (text,) in rows).encode()
            found += [f"{table}: {hit}" for hit in find(data)]
    return found
