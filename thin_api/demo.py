"""The demo tenant: one endpoint per provider, so that the first webhook is one pasted line away."""

import json
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field, ValidationError

from thin_api import database, osuser
from thin_api.settings import ConfigurationError, Settings
from thin_api.verify import load_providers

Connection = psycopg.Connection[TupleRow]


class DemoEndpoint(BaseModel):
    """An endpoint and the secret that signs for it."""

    endpoint_id: UUID
    secret: str = Field(repr=False)


class Demo(BaseModel):
    """What demo.json keeps. base_url: where the shim was started last."""

    tenant_id: UUID
    base_url: str
    endpoints: dict[str, DemoEndpoint]

    def url(self, provider: str) -> str:
        """Return an endpoint's address."""
        return f"{self.base_url}/webhooks/{provider}/{self.endpoints[provider].endpoint_id}"


def base_url(settings: Settings) -> str:
    """Return where a client on this machine reaches the shim."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def demo_file(settings: Settings) -> Path:
    """Return where ids and secrets are kept, readable by their owner alone."""
    return settings.data_dir / "demo.json"


def load_demo(settings: Settings) -> Demo:
    """Return the demo endpoints of the last start. Raises ConfigurationError."""
    try:
        return Demo.model_validate_json(demo_file(settings).read_bytes())
    except FileNotFoundError:
        raise ConfigurationError(
            f"no demo endpoints in {settings.data_dir}: start the system once with `make run`, "
            "or name --endpoint and --secret"
        ) from None
    except PermissionError:
        raise osuser.not_writable(demo_file(settings)) from None
    except ValidationError as error:
        raise ConfigurationError(
            f"{demo_file(settings)} cannot be read ({error.error_count()} errors): remove it"
        ) from None


def ensure_demo(settings: Settings) -> Demo:
    """Return the demo tenant's endpoints; make what is missing or what this database never had."""
    with psycopg.connect(database.dsn("dba", settings), prepare_threshold=None) as connection:
        demo = _kept(connection, settings)
        missing = sorted(load_providers().keys() - demo.endpoints.keys())
        demo.endpoints.update(_create_endpoints(connection, demo.tenant_id, missing))
        demo.base_url = base_url(settings)
        osuser.write_file(
            demo_file(settings), json.dumps(demo.model_dump(mode="json"), indent=2) + "\n"
        )
        return demo


def _kept(connection: Connection, settings: Settings) -> Demo:
    """What an earlier start left, as far as the database still knows it; else a new tenant."""
    if demo_file(settings).exists():
        demo = load_demo(settings)
        if all(_is_known(connection, demo, endpoint) for endpoint in demo.endpoints.values()):
            return demo
    tenant_id = connection.execute("select api.create_tenant(%s)", ["demo"]).fetchone()
    assert tenant_id is not None  # noqa: S101  # a function called in the select list: one row
    return Demo(tenant_id=tenant_id[0], base_url=base_url(settings), endpoints={})


def _is_known(connection: Connection, demo: Demo, endpoint: DemoEndpoint) -> bool:
    query = "select tenant_id, secrets from api.find_endpoint(%s)"
    found = connection.execute(query, [endpoint.endpoint_id]).fetchone()
    return found is not None and found[0] == demo.tenant_id and endpoint.secret in found[1]


def _create_endpoints(
    connection: Connection, tenant_id: UUID, providers: Iterable[str]
) -> dict[str, DemoEndpoint]:
    created = {}
    for provider in providers:
        module = load_providers()[provider]
        secret, settings = module.new_secret(), Jsonb(dict(module.DEMO_SETTINGS))
        row = connection.execute(
            "select api.create_endpoint(%s, %s, %s, %s)", [tenant_id, provider, [secret], settings]
        ).fetchone()
        assert row is not None  # noqa: S101
        created[provider] = DemoEndpoint(endpoint_id=row[0], secret=secret)
    return created
