"""Hookledger: webhooks in, an exact ledger and fair attribution out.

Everything that decides anything is a PostgreSQL function; this package verifies signatures, calls
one stored procedure per webhook, and brings the database to the schema of the `sql/` tree.
"""

from pathlib import Path

__version__ = "0.1.0"

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: `sql/`, `migrations/` and `docs/` lie beside this package (installed editable)."""
