"""The dedup gate, canonical events, the ledger and the dead-letter queue."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# No foreign key leads from these tables to tenants or endpoints: every webhook would share-lock
# the same two rows. api.ingest_webhook proves both exist, and neither is ever deleted. Nor is there
# one from an entry to its event: its share lock needs the right to UPDATE, which nobody has on
# immutable rows; one function writes both, and a pgTAP invariant looks for orphans.
UP = """
create type core.canonical_event as (
  provider text,
  event_type text,
  kind text,
  object_id text,
  parent_object_id text,
  dedup_key text,
  occurred_at timestamptz,
  currency text,
  amount_minor bigint,
  amount_is_cumulative boolean,
  session_id text,
  customer_key text,
  utm_source text,
  utm_medium text,
  utm_campaign text,
  referrer text,
  landing_page text,
  channel text,
  payload jsonb
);
comment on type core.canonical_event is
  'What a normaliser makes of a payload. amount_minor: ISO 4217 minor units, never negative';
comment on column core.canonical_event.amount_is_cumulative is
  'True where a refund''s amount is all that was refunded so far, not this refund alone';

create type core.delivery_identity as (
  topic text,
  delivery_key text,
  ignore_reason text
);
comment on type core.delivery_identity is
  'What identifies a delivery to its provider; delivery_key null: the body''s hash; '
  'ignore_reason: topic or test';

create type core.redaction as (
  payload jsonb,
  redacted_count integer
);
comment on type core.redaction is
  'A payload without its declared personal data, and how many paths were dropped';

create type core.dead_letter as (
  stage text,
  reason text,
  sqlstate text,
  message text,
  detail text,
  payload jsonb,
  masked_body text
);
comment on type core.dead_letter is 'Why a delivery cannot be booked, and what may be kept of it';

create type core.interpretation as (
  topic text,
  delivery_key text,
  status text,
  reason text,
  headers jsonb,
  redacted_count integer,
  events core.canonical_event[],
  dead_letter core.dead_letter
);
comment on type core.interpretation is
  'A delivery, read: what it is, and either its events or why it is dead';

create table core.webhook_dedup_events (
  tenant_id uuid not null,
  endpoint_id uuid not null,
  delivery_key text not null,
  receipt_id uuid not null,
  topic text,
  request_sha256 bytea not null,
  body_bytes integer not null,
  verification text not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  seen_count integer not null default 1,
  conflict_count integer not null default 0,
  outcome text not null,
  status text not null,
  event_id uuid,
  reason text,
  constraint webhook_dedup_events_pkey primary key (tenant_id, endpoint_id, delivery_key),
  constraint outcome_is_done_or_failed check (outcome in ('done', 'failed')),
  constraint status_is_a_receipt_status check
    (status in ('accepted', 'duplicate', 'ignored', 'superseded', 'dead'))
);
comment on table core.webhook_dedup_events is
  'The gate: one row per distinct delivery, with the receipt that every repetition is '
  'answered with';
comment on column core.webhook_dedup_events.delivery_key is
  'What identifies a delivery to its provider (README, "Providers"); the body''s hash where '
  'it names nothing';
comment on column core.webhook_dedup_events.conflict_count is
  'Deliveries that came under this key with another body; each lies in the dead-letter queue';
comment on column core.webhook_dedup_events.outcome is
  'failed: the attempt ended in an error that a repetition may cure, so a redelivery is '
  'processed again';

create table core.attribution_events (
  tenant_id uuid not null,
  event_id uuid not null,
  receipt_id uuid not null,
  endpoint_id uuid not null,
  provider text not null,
  event_type text not null,
  kind text not null,
  object_id text not null,
  parent_object_id text,
  dedup_key text not null,
  occurred_at timestamptz not null,
  received_at timestamptz not null,
  currency text,
  amount_minor bigint,
  session_id text,
  customer_key text,
  utm_source text,
  utm_medium text,
  utm_campaign text,
  referrer text,
  landing_page text,
  channel text,
  verification text not null,
  redacted_count integer not null default 0,
  reason text,
  payload jsonb not null,
  constraint attribution_events_pkey primary key (tenant_id, event_id),
  constraint attribution_events_one_per_fact unique (tenant_id, provider, dedup_key),
  constraint kind_is_known check (kind in ('sale', 'refund', 'dispute', 'touch', 'none')),
  constraint money_has_currency_and_amount check
    (amount_minor >= 0
      and (kind in ('touch', 'none') or (currency is not null and amount_minor > 0))),
  constraint occurred_at_is_plausible check
    (occurred_at >= '2000-01-01 00:00:00+00' and occurred_at < '2100-01-01 00:00:00+00')
);
comment on table core.attribution_events is
  'Canonical events, immutable: what happened, when, for how much, with the redacted payload';
comment on column core.attribution_events.dedup_key is
  'The fact itself, whichever delivery tells it: a second telling is no second event';
comment on column core.attribution_events.amount_minor is
  'ISO 4217 minor units; of a refund its size, not its sign';
comment on column core.attribution_events.redacted_count is
  'How many declared paths with personal data were dropped';
comment on column core.attribution_events.reason is
  'Why a sale or refund added nothing or less to the ledger: already_booked, amount_differs, '
  'refund_exceeds_sale';

create table core.revenue_ledger (
  tenant_id uuid not null,
  provider text not null,
  kind text not null,
  object_id text not null,
  parent_object_id text,
  event_id uuid not null,
  currency text not null,
  amount_minor bigint not null,
  occurred_at timestamptz not null,
  booked_at timestamptz not null,
  constraint revenue_ledger_pkey primary key (tenant_id, provider, kind, object_id),
  constraint kind_is_known check (kind in ('sale', 'refund', 'dispute', 'correction')),
  constraint amount_is_positive_for_sales
    check (kind not in ('sale', 'correction') or amount_minor > 0),
  constraint amount_is_negative_for_refunds
    check (kind not in ('refund', 'dispute') or amount_minor < 0)
);
comment on table core.revenue_ledger is
  'Append-only. Net revenue of a currency is the sum of sale, refund and correction; a '
  'dispute is money at risk';
comment on column core.revenue_ledger.object_id is
  'With provider and kind the business key: one entry however many topics and deliveries '
  'describe it';
comment on column core.revenue_ledger.event_id is
  'The event of core.attribution_events that first told this fact';
comment on column core.revenue_ledger.parent_object_id is
  'The sale that a refund, dispute or correction belongs to';
comment on column core.revenue_ledger.amount_minor is
  'ISO 4217 minor units, signed: sales +, refunds and disputes -';

create index revenue_ledger_by_parent on core.revenue_ledger
  (tenant_id, provider, parent_object_id) where parent_object_id is not null;

create table core.dead_events (
  tenant_id uuid not null,
  dead_event_id uuid not null,
  receipt_id uuid not null,
  position integer not null default 0,
  endpoint_id uuid not null,
  provider text not null,
  topic text,
  delivery_key text not null,
  verification text not null,
  stage text not null,
  reason text not null,
  sqlstate text not null,
  message text not null,
  detail text,
  headers jsonb not null default '{}',
  payload jsonb,
  masked_body text,
  body_sha256 bytea not null,
  body_bytes integer not null,
  status text not null default 'open',
  attempts integer not null default 1,
  seen_count integer not null default 1,
  first_failed_at timestamptz not null,
  last_failed_at timestamptz not null,
  last_seen_at timestamptz not null,
  next_attempt_at timestamptz,
  resolution_note text,
  resolved_by text,
  resolved_at timestamptz,
  constraint dead_events_pkey primary key (tenant_id, dead_event_id),
  constraint dead_events_one_per_receipt_and_position unique (tenant_id, receipt_id, position),
  constraint status_is_known check (status in ('open', 'retrying', 'resolved', 'discarded')),
  constraint stage_is_known check
    (stage in ('decode', 'identify', 'deduplicate', 'redact', 'normalize', 'book'))
);
comment on table core.dead_events is
  'Dead-letter queue: what could not be booked, with its reason and a redacted copy; nothing '
  'is lost';
comment on column core.dead_events.position is
  'Which event of the webhook: 0 the whole webhook, n its n-th canonical event';
comment on column core.dead_events.stage is
  'decode, identify, deduplicate, redact, normalize or book';
comment on column core.dead_events.detail is
  'Identifiers and key names, never a value of the payload';
comment on column core.dead_events.payload is
  'The redacted payload, as a replay would read it; null where it is no JSON';
comment on column core.dead_events.masked_body is
  'Of a body that is no JSON: its beginning with letters as x and digits as #, known keys kept';
"""

DOWN = """
drop table core.dead_events cascade;
drop table core.revenue_ledger cascade;
drop table core.attribution_events cascade;
drop table core.webhook_dedup_events cascade;
drop type core.interpretation cascade;
drop type core.redaction cascade;
drop type core.delivery_identity cascade;
drop type core.dead_letter cascade;
drop type core.canonical_event cascade;
truncate core.sql_files;
"""


def upgrade() -> None:
    """Create types, tables and indexes."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with all that is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})
