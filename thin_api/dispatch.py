"""The one call a webhook makes, `api.ingest_webhook`; it returns after the commit."""

from collections.abc import Mapping

from thin_api.groups import Call, Groups
from thin_api.models import Receipt
from thin_api.verify import Endpoint


class Dispatcher:
    """Hands verified webhooks to the database."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    async def ingest(
        self,
        endpoint: Endpoint,
        headers: Mapping[str, str],
        body: bytes,
        verification: str,
        sha256: bytes,
    ) -> Receipt:
        """Record one webhook and return its receipt; raise db.Raised or db.Unavailable.

        The body travels as binary bytea. U+0000 has no place in jsonb; HTTP does not allow it in a
        header either, so it is replaced rather than refused. sha256: of the bytes as they came.
        """
        clean = {name: value.replace("\0", "\ufffd") for name, value in headers.items()}
        status, receipt_id, event_id, reason = await self._groups.row(
            Call(endpoint.tenant_id, endpoint.endpoint_id, clean, body, verification, sha256)
        )
        return Receipt(status=status, receipt_id=receipt_id, event_id=event_id, reason=reason)
