"""Which schema revision this code is made for, told without Alembic.

To import Alembic takes as long as all else that the shim and the worker import.
"""

import re

from thin_api import ROOT
from thin_api.settings import ConfigurationError

MIGRATIONS = ROOT / "migrations"
_FILE = re.compile(r"([0-9]{4})_[a-z0-9_]+\.py")


def head_revision() -> str:
    """Return the last revision; they are numbered, and a file's name begins with its number."""
    names = map(_FILE.fullmatch, (path.name for path in (MIGRATIONS / "versions").glob("*.py")))
    numbers = [name[1] for name in names if name]
    if not numbers:
        raise ConfigurationError(f"no revisions in {MIGRATIONS}")
    return max(numbers)
