-- Which dead letters a replay is about: what still waits, unless the filter names a status or rows.
-- received_from counts in, received_to does not.
create or replace function core.match_dead_events(p_tenant_id uuid, p_filter core.replay_filter)
  returns table (dead_event_id uuid, attempts integer, first_failed_at timestamptz)
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select d.dead_event_id, d.attempts, d.first_failed_at
    from core.dead_events as d
   where d.tenant_id = p_tenant_id
     and (p_filter.dead_event_ids is null or d.dead_event_id = any (p_filter.dead_event_ids))
     and (p_filter.provider is null or d.provider = p_filter.provider)
     and (p_filter.topic is null or d.topic = p_filter.topic)
     and (p_filter.reason is null or d.reason = p_filter.reason)
     and (p_filter.received_from is null or d.first_failed_at >= p_filter.received_from)
     and (p_filter.received_to is null or d.first_failed_at < p_filter.received_to)
     and case
       when p_filter.status is not null then d.status = p_filter.status
       when p_filter.dead_event_ids is null then d.status in ('open', 'retrying')
       else true
     end
$function$;

comment on function core.match_dead_events(uuid, core.replay_filter) is
  'The dead letters that match a filter';
