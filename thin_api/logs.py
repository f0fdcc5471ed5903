"""JSON logs on standard output, one line per webhook, made so that they cannot carry a payload.

Of our own records the message and the `extra` fields are written; both are constants, codes, ids
and numbers. Of other libraries' records only the message template is written, without its
arguments, and of an exception only its class, its SQLSTATE and the place in the code, never its
text.
"""

import json
import logging
import sys
import time
import traceback
from typing import Any

OWN = "thin_api"
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_MAX_TEMPLATE = 200
_ENCODER = json.JSONEncoder(default=str)


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON; times in UTC."""
        line: dict[str, Any] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}"
            f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.split(".", 1)[0] == OWN:
            line["message"] = record.getMessage()
            line |= {k: v for k, v in record.__dict__.items() if k not in _STANDARD}
        else:
            line["message"] = _template(record.msg)
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = describe(record.exc_info[1])
        return _ENCODER.encode(line)


def describe(error: BaseException) -> dict[str, Any]:
    """Return class, SQLSTATE and the innermost place in the code, without the text."""
    frames = traceback.extract_tb(error.__traceback__)
    described: dict[str, Any] = {"class": type(error).__name__}
    if frames:
        described["at"] = f"{frames[-1].name}:{frames[-1].lineno}"
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        described["sqlstate"] = sqlstate
    return described


def _template(message: object) -> str:
    """Return the first line of a library's message; of an exception its class."""
    if isinstance(message, BaseException):
        return type(message).__name__
    return str(message).partition("\n")[0][:_MAX_TEMPLATE]


def configure(level: str) -> None:
    """Send every logger's records through the JSON formatter to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN).setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
