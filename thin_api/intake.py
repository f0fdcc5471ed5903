"""Bodies on their way in, bounded in time, size and number.

A sender that is slow costs a connection and what it has sent so far, and nothing of what the
webhooks need that are worked on: those are counted apart, by the ingress.
"""

import asyncio
import re

from starlette.types import Receive

from thin_api.problems import ProblemError
from thin_api.settings import Settings

BODIES = 16  # bodies that may be on their way, for each webhook that may be worked on
SMALL_BYTES = 64 * 1024  # a body up to this size is always taken: most webhooks are smaller
LARGE_TOTAL_BYTES = 128 * 1024 * 1024  # of what is beyond, over all bodies
_LENGTH = re.compile(r"[0-9]{1,18}")


class SenderGone(Exception):
    """The sender hung up before its body was complete."""


class Intake:
    """Reads bodies. `arriving`: how many are on their way."""

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.max_body_bytes
        self._seconds = settings.body_timeout_seconds
        self._most = settings.max_in_flight * BODIES
        self._large_bytes = 0
        self.arriving = 0

    async def read(
        self, content_length: str | None, receive: Receive, whole: bytes | None = None
    ) -> bytes:
        """Return the body; whole: if it has come already.

        Raises ProblemError when it is too large, too slow, or one too many, and SenderGone.
        """
        told = content_length if content_length and _LENGTH.fullmatch(content_length) else "0"
        if int(told) > self._limit:
            raise ProblemError("body_too_large")
        if self.arriving >= self._most:
            raise ProblemError("overloaded")
        if whole is not None:
            self._weigh(0, len(whole))
            return whole
        self.arriving += 1
        body = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                while await self._read_piece(body, receive):
                    pass
            return bytes(body)
        except TimeoutError:
            raise ProblemError("body_timeout") from None
        finally:
            self.arriving -= 1
            self._large_bytes -= max(0, len(body) - SMALL_BYTES)

    async def _read_piece(self, body: bytearray, receive: Receive) -> bool:
        """Add what came to the body; say whether there is more of it."""
        message = await receive()
        if message["type"] == "http.disconnect":
            raise SenderGone
        piece = message.get("body", b"")
        self._large_bytes += self._weigh(len(body), len(piece))
        body += piece
        return bool(message.get("more_body", False))

    def _weigh(self, before: int, more: int) -> int:
        """Return what a piece adds to the large bytes; raise ProblemError if it is too much."""
        size = before + more
        if size > self._limit:
            raise ProblemError("body_too_large")
        beyond = max(0, size - SMALL_BYTES) - max(0, before - SMALL_BYTES)
        if self._large_bytes + beyond > LARGE_TOTAL_BYTES:
            raise ProblemError("overloaded")
        return beyond
