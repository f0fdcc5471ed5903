"""Allocations of revenue to channels, their recomputes, their daily sums and the summary."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Each index costs every event a start of its predicate, even where the event is not in it, so there
# are few: touches and orders of a session or customer share one.
# The summary belongs to the operator: a refresh runs its query as the owner of the view, and
# hookledger_owner sees one tenant only. The grants that this needs stand in sql/ as well.
UP = """
create index attribution_events_by_time on core.attribution_events
  (tenant_id, kind, occurred_at);
create index attribution_events_by_object on core.attribution_events
  (tenant_id, provider, object_id) where kind <> 'touch';
create index attribution_events_by_session on core.attribution_events
  (tenant_id, session_id, occurred_at) where session_id is not null;
create index attribution_events_by_customer on core.attribution_events
  (tenant_id, customer_key, occurred_at) where customer_key is not null;

create table core.attribution_settings (
  tenant_id uuid not null,
  lookback_days integer not null default 30,
  half_life_days numeric not null default 7,
  first_weight integer not null default 40,
  middle_weight integer not null default 20,
  last_weight integer not null default 40,
  changed_at timestamptz not null,
  constraint attribution_settings_pkey primary key (tenant_id),
  constraint attribution_settings_tenant_fkey
    foreign key (tenant_id) references core.tenants (tenant_id),
  constraint lookback_is_one_day_to_a_year check (lookback_days between 1 and 366),
  constraint half_life_is_an_hour_to_a_year check (half_life_days between 0.04 and 366),
  constraint position_weights_are_percents check
    (first_weight between 1 and 98 and middle_weight between 1 and 98
      and last_weight between 1 and 98 and first_weight + middle_weight + last_weight = 100)
);
comment on table core.attribution_settings is
  'How a tenant''s revenue is attributed, where it differs from the defaults';
comment on column core.attribution_settings.lookback_days is
  'Touches that are older than this before a conversion do not belong to its journey';
comment on column core.attribution_settings.half_life_days is
  'time_decay: a touch that is so much older than the last one weighs half';
comment on column core.attribution_settings.middle_weight is
  'position_based: per cent that the touches between first and last share';

create table core.attribution_recompute_jobs (
  tenant_id uuid not null,
  window_start timestamptz not null,
  window_end timestamptz not null,
  model text not null,
  model_version integer not null,
  run_count integer not null default 1,
  status text not null,
  checksum bytea,
  sale_count integer not null default 0,
  reversal_count integer not null default 0,
  waiting_count integer not null default 0,
  allocation_count integer not null default 0,
  summed_by xid8,
  started_at timestamptz not null,
  finished_at timestamptz,
  constraint attribution_recompute_jobs_pkey
    primary key (tenant_id, window_start, window_end, model, model_version),
  constraint window_is_not_empty check (window_start < window_end),
  constraint run_count_counts check (run_count >= 1),
  constraint status_is_known check (status in ('running', 'succeeded')),
  constraint checksum_has_32_bytes check (octet_length(checksum) = 32)
);
comment on table core.attribution_recompute_jobs is
  'Recomputes of allocations: one row per tenant, window, model and version, however often it ran';
comment on column core.attribution_recompute_jobs.checksum is
  'SHA-256 over the window''s allocations in a fixed order: the same facts give the same';
comment on column core.attribution_recompute_jobs.waiting_count is
  'Refunds of the window whose sale is not known yet: they are allocated when it comes';
comment on column core.attribution_recompute_jobs.summed_by is
  'The latest transaction that changed a daily sum: a refresh of the summary knows by its snapshot '
  'whether it has seen that';

create table core.attribution_allocations (
  tenant_id uuid not null,
  model text not null,
  model_version integer not null,
  occurred_at timestamptz not null,
  event_id uuid not null,
  kind text not null,
  currency text not null,
  channel text not null,
  amount_minor bigint not null,
  provider text not null,
  object_id text not null,
  sale_event_id uuid not null,
  constraint attribution_allocations_pkey primary key
    (tenant_id, model, model_version, occurred_at, event_id, kind, currency, channel),
  constraint kind_is_known check (kind in ('sale', 'refund', 'correction')),
  constraint amount_is_positive_for_sales check (kind <> 'sale' or amount_minor > 0),
  constraint amount_is_not_zero check (amount_minor <> 0)
);
comment on table core.attribution_allocations is
  'Which channel earned how much of each ledger entry, by each model; per entry and model the rows '
  'sum to the entry. No row holds a time of its making: computed again they are the same bytes';
comment on column core.attribution_allocations.occurred_at is
  'Of the entry: a sale or refund that several events tell counts at the earliest of their times';
comment on column core.attribution_allocations.event_id is
  'The event of the ledger entry';
comment on column core.attribution_allocations.sale_event_id is
  'The conversion that the entry belongs to: of a sale itself, of a refund or correction its sale';
comment on column core.attribution_allocations.amount_minor is
  'ISO 4217 minor units: sales +, refunds -, corrections +';

create table core.allocation_day_sums (
  tenant_id uuid not null,
  day date not null,
  model text not null,
  model_version integer not null,
  channel text not null,
  currency text not null,
  event_revenue_minor numeric not null,
  allocated_minor numeric not null,
  drift_minor numeric not null,
  constraint allocation_day_sums_pkey primary key
    (tenant_id, day, model, model_version, channel, currency)
);
comment on table core.allocation_day_sums is
  'Daily sums of the allocations, kept by each recompute for the days it touched: what the summary '
  'shows, so that it costs what changed';
comment on column core.allocation_day_sums.event_revenue_minor is
  'What the ledger booked on that day in that currency, over all channels';
comment on column core.allocation_day_sums.drift_minor is
  'What all channels were given on that day in that currency, less event_revenue_minor';

create table core.summary_refreshes (
  is_the_only_row boolean not null default true,
  refreshed_at timestamptz not null,
  snapshot pg_snapshot not null,
  duration interval not null,
  refresh_count bigint not null default 1,
  constraint summary_refreshes_pkey primary key (is_the_only_row),
  constraint is_the_only_row check (is_the_only_row)
);
comment on table core.summary_refreshes is
  'When core.mv_allocation_summary was refreshed last, and what it could see';

grant usage, create on schema core to hookledger_operator;
grant select on core.allocation_day_sums to hookledger_operator;
set local role hookledger_operator;
create materialized view core.mv_allocation_summary as
  select
    s.tenant_id, s.day, s.channel, s.model, s.model_version, s.currency, s.event_revenue_minor,
    s.allocated_minor, s.drift_minor = 0 as is_balanced, s.drift_minor
  from core.allocation_day_sums as s;
comment on materialized view core.mv_allocation_summary is
  'Daily sums of all tenants per channel, model and currency, as of core.summary_refreshes; one '
  'tenant''s are in api.allocation_summary';
create unique index mv_allocation_summary_key on core.mv_allocation_summary
  (tenant_id, day, model, model_version, channel, currency);
set local role hookledger_owner;
"""

DOWN = """
drop table core.summary_refreshes cascade;
drop table core.allocation_day_sums cascade;
drop table core.attribution_allocations cascade;
drop table core.attribution_recompute_jobs cascade;
drop table core.attribution_settings cascade;
drop index core.attribution_events_by_customer;
drop index core.attribution_events_by_session;
drop index core.attribution_events_by_object;
drop index core.attribution_events_by_time;
truncate core.sql_files;
"""


def upgrade() -> None:
    """Create tables, indexes and the summary."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with all that is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})
