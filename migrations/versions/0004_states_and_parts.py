"""Latest states of objects, batches, and signatures that prove little of their body."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UP = """
alter type core.canonical_event add attribute status text;
alter type core.canonical_event add attribute status_rank smallint;
alter type core.canonical_event add attribute failure core.dead_letter;
comment on column core.canonical_event.status is
  'The provider''s own word for the state of an order or payment, lower case; null: has no state';
comment on column core.canonical_event.status_rank is
  'Of two states at one time the higher is the later; compared within an object only';
comment on column core.canonical_event.failure is
  'Of one part of a batch: why it cannot be recorded';

alter type core.delivery_identity add attribute key_includes_body boolean;
alter type core.delivery_identity add attribute proof_key text;
comment on column core.delivery_identity.key_includes_body is
  'True where the provider gives one id to different deliveries: the body''s hash joins the key';
comment on column core.delivery_identity.proof_key is
  'What was signed in place of the body (PayPal''s transmission): never good for another body';

alter type core.redaction add attribute parts jsonb[];
comment on column core.redaction.parts is
  'Of a batch: its documents, judged and recorded each on its own; null: the payload is one';

alter type core.interpretation add attribute key_includes_body boolean;
alter type core.interpretation add attribute proof_key text;

create type core.event_attempt as (
  event_id uuid,
  status text,
  reason text,
  dead core.dead_letter
);
comment on type core.event_attempt is
  'What became of one event of a delivery; dead: what has to be buried, if anything';

alter table core.attribution_events add column status text;
comment on column core.attribution_events.status is
  'State of the order or payment that this event told, in the provider''s own word';

create table core.object_states (
  tenant_id uuid not null,
  provider text not null,
  object_id text not null,
  status text not null,
  status_rank smallint not null,
  occurred_at timestamptz not null,
  changed_at timestamptz not null,
  constraint object_states_pkey primary key (tenant_id, provider, object_id)
);
comment on table core.object_states is
  'The latest known state of each order and payment; what is older never overwrites it';
comment on column core.object_states.status_rank is
  'Decides between two states of the same occurred_at: the higher is the later';

create table core.delivery_proofs (
  tenant_id uuid not null,
  endpoint_id uuid not null,
  proof_key text not null,
  request_sha256 bytea not null,
  receipt_id uuid not null,
  constraint delivery_proofs_pkey primary key (tenant_id, endpoint_id, proof_key)
);
comment on table core.delivery_proofs is
  'Which body came with a signature that covers only a checksum of it: the first one counts';
"""

DOWN = """
drop table core.delivery_proofs cascade;
drop table core.object_states cascade;
alter table core.attribution_events drop column status cascade;
drop type core.event_attempt cascade;
alter type core.interpretation drop attribute proof_key cascade;
alter type core.interpretation drop attribute key_includes_body cascade;
alter type core.redaction drop attribute parts cascade;
alter type core.delivery_identity drop attribute proof_key cascade;
alter type core.delivery_identity drop attribute key_includes_body cascade;
alter type core.canonical_event drop attribute failure cascade;
alter type core.canonical_event drop attribute status_rank cascade;
alter type core.canonical_event drop attribute status cascade;
truncate core.sql_files;
"""


def upgrade() -> None:
    """Add the attributes, columns and tables."""
    op.get_bind().exec_driver_sql(UP, execution_options={"no_parameters": True})


def downgrade() -> None:
    """Drop them with what is built on them; `migrate` applies the SQL files again."""
    op.get_bind().exec_driver_sql(DOWN, execution_options={"no_parameters": True})
