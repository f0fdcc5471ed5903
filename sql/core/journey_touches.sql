-- The journeys of a window, touch by touch. A sale's journey is the tenant's verified touches with
-- a session or customer of any event of that order, inside the lookback and not after the sale;
-- last comes the touch that the order itself carries, unless the journey has one of the same
-- channel and campaign already. A sale without touches gets one row, of channel unattributed.
-- p_with_lost: the journeys that did not convert too, event_id null: the window's touches, by
-- customer or else session, where none of them is of a customer or session that bought in it.
-- Order: time, then what the event tells (dedup_key): never the order of arrival.
-- A channel is asked for once per distinct origin. The stages carry what they need along and look
-- up tables by key, row by row (`offset 0` keeps it so): a join of two stages would be planned
-- without statistics, and a wrong guess made the time grow with the square of the window.
create or replace function core.journey_touches(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz,
  p_lookback interval,
  p_with_lost boolean
)
  returns table (
    event_id uuid, provider text, object_id text, currency text, amount_minor bigint,
    occurred_at timestamptz, lost_key text, channel text, touched_at timestamptz,
    place integer, places integer, last_at timestamptz
  )
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  with told as materialized (
    select c.*, c.occurred_at - p_lookback as since, e.session_id, e.customer_key, e.dedup_key,
        e.occurred_at as told_at,
        array[e.channel, e.utm_source, e.utm_medium, e.utm_campaign, e.referrer, e.landing_page]
          as origin
      from core.conversions(p_tenant_id, p_window_start, p_window_end) as c
     cross join lateral (
       select e.*
         from core.attribution_events as e
        where e.tenant_id = p_tenant_id and e.provider = c.provider and e.object_id = c.object_id
          and e.kind in ('sale', 'none') and e.verification <> 'unverified'
       offset 0) as e
  ), conversion as materialized (
    select t.event_id, t.provider, t.object_id, t.currency, t.amount_minor, t.occurred_at, t.since,
        array_agg(distinct t.session_id) filter (where t.session_id is not null) as sessions,
        array_agg(distinct t.customer_key) filter (where t.customer_key is not null) as customers
      from told as t
     group by t.event_id, t.provider, t.object_id, t.currency, t.amount_minor, t.occurred_at,
       t.since
  ), touch as materialized (
    select c.event_id, c.provider, c.object_id, c.currency, c.amount_minor, c.occurred_at,
        null::text as lost_key, 1 as source, e.occurred_at as touched_at, e.occurred_at as told_at,
        e.dedup_key,
        array[e.channel, e.utm_source, e.utm_medium, e.utm_campaign, e.referrer, e.landing_page,
          e.provider] as origin
      from conversion as c
     cross join unnest(c.sessions) as k (session_id)
     cross join lateral (
       select e.*
         from core.attribution_events as e
        where e.tenant_id = p_tenant_id and e.kind = 'touch' and e.session_id = k.session_id
          and e.occurred_at >= c.since and e.occurred_at <= c.occurred_at
          and e.verification <> 'unverified'
       offset 0) as e
    union all
    select c.event_id, c.provider, c.object_id, c.currency, c.amount_minor, c.occurred_at,
        null, 1, e.occurred_at, e.occurred_at, e.dedup_key,
        array[e.channel, e.utm_source, e.utm_medium, e.utm_campaign, e.referrer, e.landing_page,
          e.provider]
      from conversion as c
     cross join unnest(c.customers) as k (customer_key)
     cross join lateral (
       select e.*
         from core.attribution_events as e
        where e.tenant_id = p_tenant_id and e.kind = 'touch' and e.customer_key = k.customer_key
          and e.occurred_at >= c.since and e.occurred_at <= c.occurred_at
          and e.verification <> 'unverified'
       offset 0) as e
     where (e.session_id = any (c.sessions)) is not true  -- found by its session already
    union all
    select t.event_id, t.provider, t.object_id, t.currency, t.amount_minor, t.occurred_at,
        null, 2, t.occurred_at, t.told_at, t.dedup_key, t.origin || t.provider
      from told as t
     where num_nonnulls(variadic t.origin) > 0
    union all
    select c.event_id, c.provider, c.object_id, c.currency, c.amount_minor, c.occurred_at,
        null, 3, null, null, null, null
      from conversion as c
    union all
    select null, null, null, null, null, null, l.lost_key, 1, l.touched_at, l.touched_at,
        l.dedup_key, l.origin
      from core.lost_touches(p_tenant_id, p_window_start, p_window_end,
          array(select k.key from conversion as c cross join unnest(c.sessions) as k (key)),
          array(select k.key from conversion as c cross join unnest(c.customers) as k (key))) as l
     where p_with_lost
  ), mapping as materialized (
    select jsonb_object_agg(
        o.origin::text,
        core.event_channel(p_tenant_id, o.origin[1], o.origin[2], o.origin[3], o.origin[4],
          o.origin[5], o.origin[6], o.origin[7])) as codes
      from (select distinct t.origin from touch as t where t.source < 3) as o
  ), named as (
    select t.*, coalesce((select m.codes from mapping as m) ->> t.origin::text, 'unattributed')
        as channel
      from touch as t
  ), numbered as (
    select n.*,
        case when n.source = 2 then row_number() over (
          partition by n.event_id, n.channel, n.origin[2:4]
          order by n.source, n.told_at, n.dedup_key collate "C") else 1 end as telling,
        count(*) filter (where n.source < 3) over (partition by n.event_id, n.lost_key) as known
      from named as n
  )
  select n.event_id, n.provider, n.object_id, n.currency, n.amount_minor, n.occurred_at,
      n.lost_key, n.channel, n.touched_at,
      (row_number() over (
        partition by n.event_id, n.lost_key
        order by n.touched_at, n.source, n.told_at, n.dedup_key collate "C"))::integer,
      (count(*) over (partition by n.event_id, n.lost_key))::integer,
      max(n.touched_at) over (partition by n.event_id, n.lost_key)
    from numbered as n
   where n.telling = 1 and (n.source < 3 or n.known = 0)
$function$;

comment on function core.journey_touches(uuid, timestamptz, timestamptz, interval, boolean) is
  'The journeys that led to the sales of a window, and those that led to none, touch by touch';
