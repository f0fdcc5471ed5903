"""Deliveries and events are recorded as sets: what is handed over together is stored together."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UP = """
create type core.receipt as (
  status text,
  receipt_id uuid,
  event_id uuid,
  reason text
);
comment on type core.receipt is 'What a delivery is answered with';

create type core.delivery as (
  provider text,
  headers jsonb,
  reading core.interpretation,
  gate core.webhook_dedup_events
);
comment on type core.delivery is
  'A delivery on its way: what was read, and its row of the gate, wished for or as it stands';

create type core.event_origin as (
  endpoint_id uuid,
  receipt_id uuid,
  event_id uuid,
  verification text,
  redacted_count integer
);
comment on type core.event_origin is 'The delivery that told an event, and the id the event gets';

create type core.booking as (
  reason text,
  excess text,
  is_first boolean
);
comment on type core.booking is
  'What the ledger made of an event: why it added nothing or less, and how much less';
comment on column core.booking.is_first is
  'True for a sale that was booked before anything else was known of it';

alter type core.event_attempt add attribute is_first boolean;
comment on column core.event_attempt.is_first is 'As core.booking.is_first';

drop function if exists core.ingest_delivery;
drop function if exists core.claim_delivery;
drop function if exists core.record_delivery;
drop function if exists core.attempt_event;
drop function if exists core.record_event;
drop function if exists core.book_revenue;
drop function if exists core.advance_object;
drop function if exists core.mark_order_dirty;
drop function if exists core.bury_delivery;
"""

DOWN = """
drop type core.delivery cascade;
drop type core.event_origin cascade;
drop type core.booking cascade;
drop type core.receipt cascade;
drop function if exists core.days_of_event cascade;
drop function if exists core.compare_entry cascade;
drop function if exists core.hold_marks cascade;
drop function if exists core.lock_of_marks cascade;
drop function if exists core.lock_of_sale cascade;
drop function if exists core.note_of_text cascade;
drop function if exists core.note_clean_text cascade;
drop function if exists core.is_noted_clean cascade;
drop function if exists core.holds_pii_key cascade;
drop function if exists core.holds_pii_shape cascade;
drop function if exists core.may_hold_pii cascade;
drop function if exists core.person_key_pattern cascade;
drop function if exists core.usual_keys cascade;
drop function if exists core.pick_from_items cascade;
alter type core.event_attempt drop attribute is_first cascade;
truncate core.sql_files;
"""


def upgrade() -> None:
    """Add the types, drop the functions that took one at a time."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with what is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})
