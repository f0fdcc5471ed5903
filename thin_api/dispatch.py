"""The one call a webhook makes, `api.ingest_webhook`; it returns after the commit."""

from collections.abc import Mapping

from psycopg.types.json import Jsonb

from thin_api.db import Database, Unavailable
from thin_api.models import Receipt
from thin_api.verify import Endpoint

INGEST = "select status, receipt_id, event_id, reason from api.ingest_webhook(%s, %s, %s, %b, %s)"


class Dispatcher:
    """Hands verified webhooks to the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ingest(
        self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes, verification: str
    ) -> Receipt:
        """Record one webhook and return its receipt; raise db.Raised or db.Unavailable.

        The body travels as binary bytea. U+0000 has no place in jsonb; HTTP does not allow it in a
        header either, so it is replaced rather than refused.
        """
        clean = {name: value.replace("\0", "\ufffd") for name, value in headers.items()}
        parameters = (endpoint.tenant_id, endpoint.endpoint_id, Jsonb(clean), body, verification)
        row = await self._database.row(INGEST, parameters)
        if row is None:  # it returns one row, always
            raise Unavailable("database_error")
        status, receipt_id, event_id, reason = row
        return Receipt(status=status, receipt_id=receipt_id, event_id=event_id, reason=reason)
