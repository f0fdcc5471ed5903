"""LLM prices, budgets, reservations, keys, and the audit of every decision."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The definition of a budget stands apart from its counters: its row is what a decision locks and is
# not written then, so the check of its JSON is not paid per call. Of the counters every column that
# changes is unindexed and the pages keep room, so updates stay on their page (HOT). Both indexes of
# reservations are partial, so that no plan takes one of them for a look-up by the primary key.
UP = """
create table core.llm_model_pricing (
  model text not null,
  valid_from timestamptz not null,
  input_micros bigint not null,
  output_micros bigint not null,
  premium boolean not null,
  fallback_model text,
  constraint llm_model_pricing_pkey primary key (model, valid_from),
  constraint model_is_a_plain_name check (model ~ '^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}$'),
  constraint prices_are_within_bounds check
    (input_micros between 0 and 1000000000000 and output_micros between 0 and 1000000000000),
  constraint fallback_is_another_model check (fallback_model <> model)
);
comment on table core.llm_model_pricing is
  'What a model costs since when, the same for every tenant. The latest row that has begun counts';
comment on column core.llm_model_pricing.input_micros is
  'Millionths of the currency per million input tokens';
comment on column core.llm_model_pricing.output_micros is
  'Millionths of the currency per million output tokens';
comment on column core.llm_model_pricing.premium is
  'Whether budgets of the scope premium, and the policy allow_premium, are about this model';
comment on column core.llm_model_pricing.fallback_model is
  'What may be granted in its place, and so on along the chain';

create table core.llm_budgets (
  tenant_id uuid not null,
  scope text not null,
  period text not null,
  cap_micros bigint not null,
  policy jsonb not null default '{}',
  created_at timestamptz not null,
  changed_at timestamptz not null,
  constraint llm_budgets_pkey primary key (tenant_id, scope),
  constraint llm_budgets_tenant_fkey foreign key (tenant_id) references core.tenants (tenant_id),
  constraint period_is_known check (period in ('day', 'month', 'rolling')),
  constraint cap_is_within_bounds check (cap_micros between 0 and 100000000000000000),
  constraint policy_is_an_object check (jsonb_typeof(policy) = 'object')
);
comment on table core.llm_budgets is
  'How much a tenant may spend on language models per period. A call must fit every budget whose '
  'scope it falls under; the rows of a tenant are what decisions lock';
comment on column core.llm_budgets.scope is
  'all, premium, model:<model> or purpose:<purpose>';
comment on column core.llm_budgets.cap_micros is
  'Millionths of the currency of the prices';
comment on column core.llm_budgets.policy is
  'Validated by core.check_llm_policy; unknown keys are refused';

create table core.llm_budget_usage (
  tenant_id uuid not null,
  scope text not null,
  bucket_start timestamptz not null,
  reserved_micros bigint not null,
  settled_micros bigint not null,
  constraint llm_budget_usage_pkey primary key (tenant_id, scope, bucket_start)
) with (fillfactor = 50);
comment on table core.llm_budget_usage is
  'What was reserved and spent by the calls that were decided in a bucket of time: a whole day or '
  'month, or a slice of a rolling window';

create table core.llm_circuits (
  tenant_id uuid not null,
  scope text not null,
  minute_start timestamptz not null,
  minute_calls bigint not null,
  minute_micros bigint not null,
  open_until timestamptz,
  opened_count bigint not null default 0,
  constraint llm_circuits_pkey primary key (tenant_id, scope)
) with (fillfactor = 50);
comment on table core.llm_circuits is
  'The spike guard of a budget with limits per minute: what was granted in the minute that runs';
comment on column core.llm_circuits.open_until is
  'Until then every call under the budget is blocked; in the past: closed again';

create table core.llm_reservations (
  tenant_id uuid not null,
  request_id text not null,
  audit_id uuid not null,
  action text not null,
  reason text,
  requested_model text not null,
  model text not null,
  purpose text,
  correlation_id text,
  scopes text[] not null,
  input_tokens bigint not null,
  max_output_tokens bigint not null,
  ttl interval not null,
  input_micros bigint not null,
  output_micros bigint not null,
  reserved_micros bigint not null,
  decided_at timestamptz not null,
  expires_at timestamptz not null,
  status text not null,
  finished_at timestamptz,
  settled_input_tokens bigint,
  settled_output_tokens bigint,
  settled_micros bigint,
  is_late boolean,
  exceeds_reservation boolean,
  overdraws_budget boolean,
  constraint llm_reservations_pkey primary key (tenant_id, request_id),
  constraint action_is_a_grant check (action in ('ALLOW', 'FALLBACK')),
  constraint status_is_known check (status in ('reserved', 'settled', 'released', 'expired')),
  constraint settled_has_its_cost check ((status = 'settled') = (settled_micros is not null)),
  constraint finished_has_its_time check ((status = 'reserved') = (finished_at is null))
);
comment on table core.llm_reservations is
  'Calls that were granted: what they hold until they are settled, released or expire. Pruned; '
  'core.llm_call_audit and core.llm_call_outcomes stay';
comment on column core.llm_reservations.scopes is 'The budgets that the call was booked to';
comment on column core.llm_reservations.input_micros is
  'Price of the granted model when it was decided; settlement uses it too';

create index llm_reservations_by_expiry on core.llm_reservations (tenant_id, expires_at)
  where status = 'reserved';
create index llm_reservations_by_time on core.llm_reservations (tenant_id, decided_at)
  where status <> 'reserved';

create table core.llm_call_audit (
  tenant_id uuid not null,
  audit_id uuid not null,
  request_id text not null,
  correlation_id text,
  purpose text,
  requested_model text not null,
  granted_model text,
  action text not null,
  reason text,
  input_tokens bigint not null,
  max_output_tokens bigint not null,
  estimated_micros bigint,
  resets_at timestamptz,
  decided_at timestamptz not null,
  constraint llm_call_audit_pkey primary key (tenant_id, audit_id),
  constraint action_is_known check (action in ('ALLOW', 'FALLBACK', 'BLOCK')),
  constraint a_block_grants_nothing check ((action = 'BLOCK') = (granted_model is null)),
  constraint what_is_not_allowed_has_a_reason check ((action = 'ALLOW') = (reason is null))
);
comment on table core.llm_call_audit is
  'Append-only: one row per decision about a call, denials included';
comment on column core.llm_call_audit.estimated_micros is
  'Cost of the granted model, or of the requested one where nothing was granted; null: not known '
  'or too large to be told';
comment on column core.llm_call_audit.resets_at is
  'Of a denial: when it may be asked again; null: not before somebody changes something';

create table core.llm_call_outcomes (
  tenant_id uuid not null,
  audit_id uuid not null,
  outcome text not null,
  input_tokens bigint,
  output_tokens bigint,
  settled_micros bigint not null,
  is_late boolean not null,
  exceeds_reservation boolean not null,
  overdraws_budget boolean not null,
  booked_at timestamptz not null,
  constraint llm_call_outcomes_pkey primary key (tenant_id, audit_id, outcome),
  constraint outcome_is_known check (outcome in ('settled', 'released', 'expired'))
);
comment on table core.llm_call_outcomes is
  'Append-only: what became of a granted call. One that is settled after it expired has both rows';
comment on column core.llm_call_outcomes.is_late is
  'Settled when its reservation was no longer held';
comment on column core.llm_call_outcomes.exceeds_reservation is
  'It cost more than was reserved; booked in full';
comment on column core.llm_call_outcomes.overdraws_budget is
  'With it a budget is spent beyond its cap';

create table core.llm_keys (
  tenant_id uuid not null,
  key_sha256 bytea not null,
  created_at timestamptz not null,
  revoked_at timestamptz,
  constraint llm_keys_pkey primary key (tenant_id, key_sha256),
  constraint llm_keys_tenant_fkey foreign key (tenant_id) references core.tenants (tenant_id),
  constraint sha256_has_32_bytes check (octet_length(key_sha256) = 32)
);
comment on table core.llm_keys is
  'Bearer keys of callers over HTTP, as SHA-256: a key holds 240 random bits, so its hash tells '
  'nothing';

create type core.llm_budget_state as (
  scope text,
  cap_micros bigint,
  policy jsonb,
  period text,
  counts_from timestamptz,
  bucket_start timestamptz,
  resets_at timestamptz,
  reserved_micros numeric,
  settled_micros numeric,
  minute_start timestamptz,
  minute_calls bigint,
  minute_micros bigint,
  open_until timestamptz
);
comment on type core.llm_budget_state is
  'A budget at a moment: its window, what counts in it, and its spike guard';

create type core.llm_verdict as (
  reason text,
  resets_at timestamptz,
  scopes text[],
  tripped text[]
);
comment on type core.llm_verdict is
  'Whether a call of some cost fits; reason null: it does. tripped: circuits that have to open';

create type core.llm_decision as (
  action text,
  model text,
  estimated_micros bigint,
  expires_at timestamptz,
  resets_at timestamptz,
  reason text,
  audit_id uuid
);
comment on type core.llm_decision is 'The answer to api.reserve_llm_call';

create type core.llm_outcome as (
  status text,
  model text,
  reserved_micros bigint,
  settled_micros bigint,
  is_late boolean,
  exceeds_reservation boolean,
  overdraws_budget boolean
);
comment on type core.llm_outcome is
  'The answer to api.settle_llm_call and api.release_llm_call';
"""

DOWN = """
drop type core.llm_outcome cascade;
drop type core.llm_decision cascade;
drop type core.llm_verdict cascade;
drop type core.llm_budget_state cascade;
drop table core.llm_keys cascade;
drop table core.llm_call_outcomes cascade;
drop table core.llm_call_audit cascade;
drop table core.llm_reservations cascade;
drop table core.llm_circuits cascade;
drop table core.llm_budget_usage cascade;
drop table core.llm_budgets cascade;
drop table core.llm_model_pricing cascade;
truncate core.sql_files;
"""


def upgrade() -> None:
    """Create tables, indexes and types."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with what is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})
