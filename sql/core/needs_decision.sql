-- Reasons that no bulk replay may take along: another body under a used id or signature may be a
-- forgery, and a topic that contradicts its URL may be booked as the wrong thing. A person who
-- names the reason, or the rows, has decided.
create or replace function core.needs_decision(p_reason text)
  returns boolean
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select p_reason in ('delivery_id_conflict', 'topic_mismatch')
$function$;

comment on function core.needs_decision(text) is
  'Whether a dead letter of this reason is only replayed when its id or reason is named';

-- Whoever reads api.dead_events sees it there.
grant execute on function core.needs_decision(text) to hookledger_dba, hookledger_reader;
