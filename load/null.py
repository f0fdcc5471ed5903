"""The null benchmark's server: everything the shim does, except that nothing is recorded.

`python -m load.null` takes the shim's settings. The endpoints come from the database as ever.
"""

import sys
from uuid import uuid4

from thin_api import app, serve
from thin_api.groups import Call, Groups, Row

RECEIPT = uuid4()  # making one costs as much as a signature check, and is no part of the shim


class NoGroups(Groups):
    """Answers with a receipt of nothing."""

    async def row(self, call: Call) -> Row:  # noqa: ARG002
        """Return a receipt at once."""
        return "accepted", RECEIPT, RECEIPT, None


if __name__ == "__main__":
    app.Groups = NoGroups  # type: ignore[attr-defined]
    sys.exit(serve.main())
