-- A filter is refused unless every key and type is known: a misspelt key must not silently widen
-- what is replayed. Times need an offset, as everywhere.
create or replace function core.read_replay_filter(p_filter jsonb)
  returns core.replay_filter
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_member record;
  v_text text;
  v_is_right boolean;
  v core.replay_filter;
begin
  if jsonb_typeof(p_filter) is distinct from 'object' then
    perform core.raise_error('invalid_filter', 'the filter must be a JSON object');
  end if;
  for v_member in select m.key, m.value from jsonb_each(p_filter) as m order by m.key loop
    v_text := case when jsonb_typeof(v_member.value) = 'string' then v_member.value #>> '{}' end;
    v_is_right := case v_member.key
      when 'dead_event_ids' then jsonb_typeof(v_member.value) = 'array'
        and not jsonb_path_exists(v_member.value, 'strict $[*] ? (@.type() != "string" || !(@
          like_regex "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$" flag "i"))', '{}', true)
      when 'provider' then v_text ~ '^[a-z][a-z0-9_]{0,30}$'
      when 'topic' then length(v_text) between 1 and 200
      when 'reason' then exists (select from core.errors() as e where e.reason = v_text)
      when 'status' then v_text in ('open', 'retrying', 'resolved', 'discarded')
      when 'received_from' then core.is_time(v_text)
      when 'received_to' then core.is_time(v_text)
    end;
    if v_is_right is not true then
      perform core.raise_error('invalid_filter', 'key ' || left(core.mask_text(v_member.key), 63));
    end if;
  end loop;

  v.provider := p_filter ->> 'provider';
  v.topic := p_filter ->> 'topic';
  v.reason := p_filter ->> 'reason';
  v.status := p_filter ->> 'status';
  v.received_from := (p_filter ->> 'received_from')::timestamptz;
  v.received_to := (p_filter ->> 'received_to')::timestamptz;
  if p_filter ? 'dead_event_ids' then
    v.dead_event_ids := array(
      select distinct i.id::uuid
        from jsonb_array_elements_text(p_filter -> 'dead_event_ids') as i (id));
  end if;
  return v;
end
$function$;

comment on function core.read_replay_filter(jsonb) is
$doc$A replay's filter, read and checked.
Raises: invalid_filter (HL061), naming the key.$doc$;
