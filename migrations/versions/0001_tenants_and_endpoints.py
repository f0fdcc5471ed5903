"""Tenants, their webhook endpoints and reporting logins; the register of applied SQL files."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UP = """
create table core.sql_files (
  path text not null,
  sha256 bytea not null,
  applied_at timestamptz not null default clock_timestamp(),
  constraint sql_files_pkey primary key (path),
  constraint sha256_has_32_bytes check (octet_length(sha256) = 32)
);
comment on table core.sql_files is
  'Which text of each file under sql/ this database runs; `migrate` applies a file whose '
  'SHA-256 differs';

create table core.tenants (
  tenant_id uuid not null,
  name text not null,
  hmac_inner_pad bytea not null,
  hmac_outer_pad bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint tenants_pkey primary key (tenant_id),
  constraint name_is_not_blank check (btrim(name) <> '' and length(name) <= 200),
  constraint hmac_pads_are_one_sha256_block check
    (octet_length(hmac_inner_pad) = 64 and octet_length(hmac_outer_pad) = 64)
);
comment on table core.tenants is
  'One row per tenant: whose webhooks, ledger and dead letters are kept apart';
comment on column core.tenants.hmac_inner_pad is
  'Key of this tenant''s pseudonyms XOR ipad (RFC 2104): a pseudonym costs two sha256() and '
  'no extension';
comment on column core.tenants.hmac_outer_pad is 'The same key XOR opad (RFC 2104)';

create table core.webhook_endpoints (
  tenant_id uuid not null,
  endpoint_id uuid not null,
  provider text not null,
  secrets text[] not null,
  settings jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  rotated_at timestamptz not null default clock_timestamp(),
  constraint webhook_endpoints_pkey primary key (tenant_id, endpoint_id),
  constraint webhook_endpoints_tenant_fkey
    foreign key (tenant_id) references core.tenants (tenant_id),
  constraint provider_is_a_plain_name check (provider ~ '^[a-z][a-z0-9_]{0,30}$'),
  constraint one_to_ten_secrets check (cardinality(secrets) between 1 and 10),
  constraint settings_is_an_object check (jsonb_typeof(settings) = 'object')
);
comment on table core.webhook_endpoints is
  'Where a tenant''s provider delivers: /webhooks/{provider}/{endpoint_id}';
comment on column core.webhook_endpoints.secrets is
  'What verifies a delivery, several while rotating: literal, env:NAME or file:PATH '
  '(resolved by the shim)';
comment on column core.webhook_endpoints.settings is
  'Validated by core.check_endpoint_settings; unknown keys are refused';

create table core.tenant_logins (
  tenant_id uuid not null,
  role_name name not null,
  bound_at timestamptz not null default clock_timestamp(),
  constraint tenant_logins_pkey primary key (tenant_id, role_name),
  constraint tenant_logins_tenant_fkey foreign key (tenant_id) references core.tenants (tenant_id)
);
comment on table core.tenant_logins is
  'Binds a reporting login to the one tenant it may read; the session''s settings cannot change it';
"""

DOWN = """
drop table core.tenant_logins cascade;
drop table core.webhook_endpoints cascade;
drop table core.tenants cascade;
drop table core.sql_files cascade;
"""


def upgrade() -> None:
    """Create the tables."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with all that is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})
