-- The touches of a window that led to no sale in it, by customer, or else by session. Where a touch
-- names a session or customer that bought in the window, none of its customer's counts as lost.
create or replace function core.lost_touches(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz,
  p_sessions text[],
  p_customers text[]
)
  returns table (lost_key text, touched_at timestamptz, dedup_key text, origin text[])
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  with touch as materialized (
    select
        case when e.customer_key is null then 'session ' || e.session_id
          else 'customer ' || e.customer_key end as lost_key,
        e.occurred_at as touched_at, e.dedup_key,
        array[e.channel, e.utm_source, e.utm_medium, e.utm_campaign, e.referrer, e.landing_page,
          e.provider] as origin,
        coalesce(e.session_id in (select unnest(p_sessions)), false)
          or coalesce(e.customer_key in (select unnest(p_customers)), false) as is_a_buyers
      from core.attribution_events as e
     where e.tenant_id = p_tenant_id and e.kind = 'touch' and e.verification <> 'unverified'
       and e.occurred_at >= p_window_start and e.occurred_at < p_window_end
  )
  select t.lost_key, t.touched_at, t.dedup_key, t.origin
    from (select t.*, bool_or(t.is_a_buyers) over (partition by t.lost_key) as bought
            from touch as t) as t
   where not t.bought
$function$;

comment on function core.lost_touches(uuid, timestamptz, timestamptz, text[], text[]) is
  'The touches of a window whose visitors bought nothing in it';
