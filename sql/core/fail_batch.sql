-- A batch that is dead as a whole, as one failure per part: each keeps its own document and can be
-- replayed on its own. Where the parts before come to 512k characters, one that may hold personal
-- data is not walked any more and nothing of it is kept (as in core.read_batch).
create or replace function core.fail_batch(p_parts jsonb[], p_failure core.dead_letter)
  returns core.canonical_event[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_events core.canonical_event[];
  v_event core.canonical_event;
  v_part jsonb;
  v_length integer := 0;
begin
  foreach v_part in array p_parts loop
    v_event.failure := p_failure;
    v_event.failure.payload := case
      when v_length <= 524288 or not core.looks_like_pii(v_part::text)
      then core.redact_json(v_part) end;
    v_event.failure.is_quarantined := coalesce((v_event.failure).payload <> v_part, false);
    v_event.payload := (v_event.failure).payload;
    v_length := v_length + length(v_part::text);
    v_events := v_events || v_event;
  end loop;
  return v_events;
end
$function$;

comment on function core.fail_batch(jsonb[], core.dead_letter) is
  'The parts of a batch that is dead as a whole, each as an event that failed';
