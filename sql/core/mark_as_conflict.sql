-- Turns a reading into a dead one because its delivery id was used for another body; what may be
-- kept of the payload stays, whether it could be read or not. Of a batch that is every part, each on
-- its own: one that was dead already keeps its own reason.
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
  v_event core.canonical_event;
  v_dead core.dead_letter;
begin
  v.dead_letter := core.describe_failure(
    'deduplicate', 'HL122', format('first receipt_id %s', p_first_receipt_id));
  v.dead_letter.payload := coalesce((p_read.events[1]).payload, (p_read.dead_letter).payload);
  v.dead_letter.masked_body := (p_read.dead_letter).masked_body;
  v.dead_letter.is_quarantined := coalesce((p_read.dead_letter).is_quarantined, false);
  v.dead_letter.redacted_count := p_read.redacted_count;
  if v.is_batch then
    v_dead := v.dead_letter;
    v.events := null;
    foreach v_event in array p_read.events loop
      if (v_event.failure).stage is null then
        v_dead.payload := v_event.payload;
        v_event := null;
        v_event.payload := v_dead.payload;
        v_event.failure := v_dead;
      end if;
      v.events := v.events || v_event;
    end loop;
  end if;
  v.status := 'dead';
  v.reason := (v.dead_letter).reason;
  return v;
end
$function$;

comment on function core.mark_as_conflict(core.interpretation, uuid) is
  'The same reading, dead with reason delivery_id_conflict';
