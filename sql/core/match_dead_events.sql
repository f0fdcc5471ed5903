-- Which dead letters a replay is about: what still waits, unless the filter names a status or rows;
-- the least often tried first. What needs a decision and was not named comes last: it is skipped and
-- so never tried, and in front it would take the places of all others for good.
-- received_from counts in, received_to does not. A query for each way to get at them, so that each
-- finds its index, whatever lies resolved beside them.
create or replace function core.match_dead_events(p_tenant_id uuid, p_filter core.replay_filter)
  returns uuid[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_statuses text[] := case
    when p_filter.status is not null then array[p_filter.status]
    when p_filter.dead_event_ids is null then array['open', 'retrying']
    else array['open', 'retrying', 'resolved', 'discarded']
  end;
begin
  if p_filter.dead_event_ids is not null then
    return array(
      select d.dead_event_id
        from core.dead_events as d
       where d.tenant_id = p_tenant_id and d.dead_event_id = any (p_filter.dead_event_ids)
         and d.status = any (v_statuses)
         and (p_filter.provider is null or d.provider = p_filter.provider)
         and (p_filter.topic is null or d.topic = p_filter.topic)
         and (p_filter.reason is null or d.reason = p_filter.reason)
         and (p_filter.received_from is null or d.first_failed_at >= p_filter.received_from)
         and (p_filter.received_to is null or d.first_failed_at < p_filter.received_to)
       order by d.attempts, d.first_failed_at, d.dead_event_id);
  end if;
  return array(
    select d.dead_event_id
      from core.dead_events as d
     where d.tenant_id = p_tenant_id and d.status = any (v_statuses)
       and (p_filter.provider is null or d.provider = p_filter.provider)
       and (p_filter.topic is null or d.topic = p_filter.topic)
       and (p_filter.reason is null or d.reason = p_filter.reason)
       and (p_filter.received_from is null or d.first_failed_at >= p_filter.received_from)
       and (p_filter.received_to is null or d.first_failed_at < p_filter.received_to)
     order by p_filter.reason is null and core.needs_decision(d.reason), d.attempts,
       d.first_failed_at, d.dead_event_id);
end
$function$;

comment on function core.match_dead_events(uuid, core.replay_filter) is
  'The ids of the dead letters that match a filter, the least often tried first and last those '
  'that need a decision';
