-- Turns a reading into a dead one because its delivery id was used for another body; what may be
-- kept of the payload stays, whether it could be read or not.
create or replace function core.mark_as_conflict(
  p_read core.interpretation,
  p_first_receipt_id uuid
)
  returns core.interpretation
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v core.interpretation := p_read;
begin
  v.dead_letter := core.describe_failure(
    'deduplicate', 'HL122', format('first receipt_id %s', p_first_receipt_id));
  v.dead_letter.payload := coalesce((p_read.events[1]).payload, (p_read.dead_letter).payload);
  v.dead_letter.masked_body := (p_read.dead_letter).masked_body;
  v.status := 'dead';
  v.reason := (v.dead_letter).reason;
  return v;
end
$function$;

comment on function core.mark_as_conflict(core.interpretation, uuid) is
  'The same reading, dead with reason delivery_id_conflict';
