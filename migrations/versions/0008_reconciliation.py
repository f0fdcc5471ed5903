"""Reconciliation runs and their items."""

from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

# No foreign key leads from an item to its run: one function writes both, in one transaction, and
# a hundred thousand checks would cost more than the comparison.
UP = """
create table core.reconciliation_runs (
  tenant_id uuid not null,
  run_id uuid not null,
  provider text not null,
  period tstzrange not null,
  status text not null,
  balanced boolean not null,
  statement_sha256 bytea not null,
  repeats_run_id uuid,
  row_count integer not null,
  unread_rows integer not null,
  other_rows integer not null,
  duplicate_rows integer not null,
  entry_count integer not null,
  matched integer not null,
  missing_here integer not null,
  missing_there integer not null,
  amount_differs integer not null,
  currency_differs integer not null,
  totals jsonb not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  started_by text not null,
  constraint reconciliation_runs_pkey primary key (tenant_id, run_id),
  constraint status_is_known check (status in ('succeeded', 'incomplete')),
  constraint success_means_every_row_was_read
    check ((status = 'succeeded') = (unread_rows = 0)),
  constraint balanced_means_everything_matches check (
    balanced = (unread_rows + missing_here + missing_there + amount_differs + currency_differs = 0))
);
comment on table core.reconciliation_runs is
  'Comparisons of the ledger with a provider''s statement; never changed afterwards';
comment on column core.reconciliation_runs.period is
  'Decides which ledger entries the statement has to show';
comment on column core.reconciliation_runs.status is
  'succeeded: every row of the statement was read; incomplete: some were not';
comment on column core.reconciliation_runs.balanced is
  'Every row was read and every item is matched';
comment on column core.reconciliation_runs.statement_sha256 is 'Of the statement as jsonb text';
comment on column core.reconciliation_runs.repeats_run_id is
  'The latest earlier run over the same provider, period and statement';
comment on column core.reconciliation_runs.other_rows is
  'Rows that are no sale, refund or dispute (fees, payouts, adjustments), or of nothing';
comment on column core.reconciliation_runs.duplicate_rows is
  'Rows that repeat another one of the statement; counted once';
comment on column core.reconciliation_runs.entry_count is 'Ledger entries in the items';
comment on column core.reconciliation_runs.totals is
  'Per currency: here_minor and there_minor (signed like the ledger), their difference, and '
  'other_minor of rows that are not compared';

create index reconciliation_runs_by_statement on core.reconciliation_runs
  (tenant_id, provider, statement_sha256);

create table core.reconciliation_items (
  tenant_id uuid not null,
  run_id uuid not null,
  item_no integer not null,
  status text not null,
  reason text,
  kind text,
  object_id text,
  parent_object_id text,
  here_currency text,
  here_minor bigint,
  there_currency text,
  there_minor bigint,
  entry_count integer not null,
  row_count integer not null,
  duplicate_rows integer not null,
  lines integer[] not null,
  occurred_at timestamptz,
  stated_at timestamptz,
  outside_period boolean not null,
  event_id uuid,
  repair text,
  repaired_at timestamptz,
  constraint reconciliation_items_pkey primary key (tenant_id, run_id, item_no),
  constraint status_is_known check (status in ('matched', 'missing_here', 'missing_there',
    'amount_differs', 'currency_differs', 'unread')),
  constraint unread_rows_say_why check ((status = 'unread') = (reason is not null)),
  constraint repair_is_known check (repair in ('booked', 'known', 'refused'))
);
comment on table core.reconciliation_items is
  'What a run found: every statement row about money and every ledger entry of the period is in '
  'exactly one item';
comment on column core.reconciliation_items.item_no is 'Position within the run';
comment on column core.reconciliation_items.reason is 'Of an unread row: why it could not be read';
comment on column core.reconciliation_items.here_minor is
  'Sum of the ledger entries, ISO 4217 minor units, signed like the ledger';
comment on column core.reconciliation_items.there_minor is
  'Sum of the statement''s rows, in the same form';
comment on column core.reconciliation_items.lines is 'Which lines of the statement';
comment on column core.reconciliation_items.outside_period is
  'Matched with an entry whose occurred_at lies outside the period (settled later than sold)';
comment on column core.reconciliation_items.event_id is
  'Of missing_here: the unverified event that says the same; api.repair_from_reconciliation books '
  'it';
comment on column core.reconciliation_items.repair is
  'What the repair did: booked; known (the ledger had it meanwhile); refused (see the dead-letter '
  'queue)';

create type core.reconciliation_finding as (
  status text,
  reason text,
  kind text,
  object_id text,
  parent_object_id text,
  here_currency text,
  here_minor bigint,
  there_currency text,
  there_minor bigint,
  entry_count integer,
  row_count integer,
  duplicate_rows integer,
  lines integer[],
  occurred_at timestamptz,
  stated_at timestamptz,
  outside_period boolean
);
comment on type core.reconciliation_finding is 'An item of a run before it is stored';

create index attribution_events_unverified on core.attribution_events
  (tenant_id, provider, kind, object_id) where verification = 'unverified';
"""

DOWN = """
drop index core.attribution_events_unverified;
drop type core.reconciliation_finding cascade;
drop table core.reconciliation_items cascade;
drop table core.reconciliation_runs cascade;
truncate core.sql_files;
"""


def upgrade() -> None:
    """Create the tables and indexes."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with what is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})
