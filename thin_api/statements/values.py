"""Amounts and times as statements write them. Nothing is rounded and nothing is guessed."""

import re
from datetime import UTC, datetime

# Currencies with other than no or two decimals: in these 1,234 may be a thousand or one and a bit.
THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND", "CLF", "UYW"})
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?P<mark>[,. '])[0-9]{3}((?P=mark)[0-9]{3})*")


class UnreadableError(Exception):
    """A cell cannot be read; the argument is the reason."""


def decimal_text(cell: str, currency: str) -> str:
    """Return an amount as a plain decimal text. Raises UnreadableError."""
    text = cell.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ")
    text = text.replace("\N{NARROW NO-BREAK SPACE}", " ").strip()
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    text = re.sub(r"^([+-]?)\s*[$€£¥₩]\s*", r"\1", text)
    if NUMBER.fullmatch(text):
        return text
    head, mark, tail = text, "", ""
    at = max(text.rfind(","), text.rfind("."))
    if at >= 0:
        head, mark, tail = text[:at], text[at], text[at + 1 :]
    decimals_only = mark and mark not in head and tail.isdecimal()
    if decimals_only and re.fullmatch(r"[+-]?[0-9]+", head):
        # One comma: decimals, or thousands where exactly three digits follow.
        if len(tail) != 3:
            return f"{head}.{tail}"
        if currency.upper() in THREE_DECIMALS:
            raise UnreadableError("ambiguous_amount")
        return head + tail
    if decimals_only and (grouped := GROUPED.fullmatch(head)) and grouped["mark"] != mark:
        return f"{re.sub(r'[,. ]', '', head).replace(chr(39), '')}.{tail}"
    if GROUPED.fullmatch(text):
        return re.sub(r"[,. ]", "", text).replace("'", "")
    raise UnreadableError("invalid_amount" if text else "missing_field")


def minor_text(cell: str) -> str:
    """Return a whole number of minor units as a text. Raises UnreadableError."""
    text = cell.strip()
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise UnreadableError("invalid_amount" if text else "missing_field")
    return text


def time_text(cell: str, *, is_utc: bool = False) -> str | None:
    """Return a time with offset as ISO 8601; None for an empty cell. Raises UnreadableError.

    `is_utc`: the column says that it is UTC; else a time without offset is refused.
    """
    text = cell.strip()
    if not text:
        return None
    text = re.sub(r"^(\d{4})/(\d{2})/(\d{2})", r"\1-\2-\3", text)
    text = re.sub(r"\s+(UTC|GMT)$", "Z", text)
    text = re.sub(r"\s+([+-]\d{2}:?\d{2})$", r"\1", text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableError("invalid_timestamp") from None
    if time.tzinfo is None:
        if not is_utc:
            raise UnreadableError("invalid_timestamp")
        time = time.replace(tzinfo=UTC)
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
