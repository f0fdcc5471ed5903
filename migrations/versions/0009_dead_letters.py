"""Dead letters that can be replayed: attempts, requests, and what a replay must know."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# core.bury_delivery makes a row that still retries by itself `retrying`; rows from before wait for
# a person, as they did. Nothing refers from an attempt to its dead letter: attempts are immutable,
# and a foreign key's share lock would make two of them wait for each other.
UP = """
alter type core.dead_letter add attribute is_quarantined boolean;
alter type core.dead_letter add attribute redacted_count integer;
comment on column core.dead_letter.is_quarantined is
  'True where the payload held personal data in an unknown place, which was taken out';
comment on column core.dead_letter.redacted_count is
  'How many declared paths with personal data were dropped from the payload';

alter type core.interpretation add attribute is_batch boolean;
comment on column core.interpretation.is_batch is
  'True where each event is a document of its own, and so is buried on its own';

alter table core.dead_events
  add column is_quarantined boolean not null default false,
  add column redacted_count integer not null default 0;
comment on column core.dead_events.is_quarantined is
  'The payload held personal data in an unknown place, which was taken out: it is booked only '
  'where the endpoint''s pii is redact or pseudonymise';
comment on column core.dead_events.redacted_count is
  'How many declared paths with personal data were dropped from the payload';
comment on column core.dead_events.attempts is
  'How often it was tried: when it arrived, at redeliveries, by itself, by replays';
comment on column core.dead_events.status is
  'open: waits for a person; retrying: tries again by itself at next_attempt_at; resolved; '
  'discarded';

create index dead_events_by_status on core.dead_events
  (tenant_id, status, attempts, first_failed_at, dead_event_id);
create index dead_events_due on core.dead_events (tenant_id, next_attempt_at)
  where status = 'retrying';

create type core.replay_outcome as (
  outcome text,
  reason text,
  sqlstate text,
  note text
);
comment on type core.replay_outcome is
  'What became of one dead letter: replayed, failed or skipped, and why';

create type core.replay_filter as (
  dead_event_ids uuid[],
  provider text,
  topic text,
  reason text,
  status text,
  received_from timestamptz,
  received_to timestamptz
);
comment on type core.replay_filter is
  'Which dead letters to replay; null: does not matter';

create table core.dead_event_attempts (
  tenant_id uuid not null,
  attempt_id uuid not null,
  dead_event_id uuid not null,
  receipt_id uuid not null,
  attempt integer not null,
  attempted_at timestamptz not null,
  attempted_by text not null,
  request_key text,
  outcome text not null,
  reason text,
  sqlstate text,
  note text,
  constraint dead_event_attempts_pkey primary key (tenant_id, attempt_id),
  constraint outcome_is_known check (outcome in ('resolved', 'failed', 'discarded', 'reopened'))
);
comment on table core.dead_event_attempts is
  'What was done about a dead letter after it was buried, immutable: replays, automatic retries, '
  'discards and re-openings';
comment on column core.dead_event_attempts.attempt is
  'The dead letter''s attempts at that time; the first was its arrival';
comment on column core.dead_event_attempts.request_key is
  'Of the replay that a person asked for; null: the automatic retry, a discard or re-opening';
comment on column core.dead_event_attempts.note is
  'The reason a person gave, or what resolved it';

create index dead_event_attempts_by_dead_event on core.dead_event_attempts
  (tenant_id, dead_event_id, attempted_at);
create index dead_event_attempts_by_request on core.dead_event_attempts
  (tenant_id, request_key) where request_key is not null;

create table core.replay_requests (
  tenant_id uuid not null,
  request_key text not null,
  request_sha256 bytea not null,
  requested_at timestamptz not null,
  requested_by text not null,
  matched bigint,
  replayed bigint,
  skipped bigint,
  failed bigint,
  first_error text,
  constraint replay_requests_pkey primary key (tenant_id, request_key)
);
comment on table core.replay_requests is
  'Which replays were asked for and what they did: the same key again is answered from here';
comment on column core.replay_requests.request_sha256 is
  'Of filter and limit: a key is good for one request';

-- The owner obeys the policies, and no tenant is set here: for this one statement it does not.
alter table core.dead_events no force row level security;
update core.dead_events set is_quarantined = true where reason = 'pii_violation';
alter table core.dead_events force row level security;
"""

DOWN = """
drop table core.replay_requests cascade;
drop table core.dead_event_attempts cascade;
drop type core.replay_outcome cascade;
drop type core.replay_filter cascade;
drop index core.dead_events_due;
drop index core.dead_events_by_status;
alter table core.dead_events no force row level security;
update core.dead_events set status = 'open', next_attempt_at = null where status = 'retrying';
alter table core.dead_events force row level security;
drop view api.dead_events;
alter table core.dead_events drop column redacted_count, drop column is_quarantined;
drop function api.replay_dead_events cascade;
drop function api.discard_dead_event cascade;
drop function api.reopen_dead_event cascade;
drop function api.change_endpoint_settings cascade;
alter type core.interpretation drop attribute is_batch cascade;
alter type core.dead_letter drop attribute redacted_count cascade;
alter type core.dead_letter drop attribute is_quarantined cascade;
truncate core.sql_files;
"""


def upgrade() -> None:
    """Add attributes, columns, tables and indexes."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with what is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})
