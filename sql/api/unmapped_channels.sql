-- What to write rules for: the touches and sales of a period that end in `unassigned`, by what they
-- state. Asked by the same rules as attribution, once for each distinct origin; reads the events of
-- the period only and stores nothing.
create or replace function api.unmapped_channels(
  p_tenant_id uuid,
  p_from timestamptz default null,
  p_to timestamptz default null,
  p_limit integer default 1000,
  out channel text,
  out source text,
  out medium text,
  out campaign text,
  out referrer_host text,
  out touches bigint,
  out first_seen_at timestamptz,
  out last_seen_at timestamptz
)
  returns setof record
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_from timestamptz := coalesce(p_from, '-infinity');
  v_to timestamptz := coalesce(p_to, 'infinity');
  v_rules core.channel_rules[];
begin
  perform core.set_tenant(p_tenant_id);
  v_rules := core.channel_rules_in_force(p_tenant_id);
  return query
    select lower(btrim(o.channel)), c.source, c.medium, c.campaign, c.referrer_host,
      sum(o.touches)::bigint as touches, min(o.first_seen_at), max(o.last_seen_at) as last_seen_at
      from (
        select e.channel, e.utm_source, e.utm_medium, e.utm_campaign, e.referrer, e.landing_page,
          e.provider, count(*) as touches, min(e.occurred_at) as first_seen_at,
          max(e.occurred_at) as last_seen_at
          from core.attribution_events as e
         where e.tenant_id = p_tenant_id and e.kind in ('touch', 'sale')
           and e.occurred_at >= v_from and e.occurred_at < v_to
           and num_nonnulls(e.channel, e.utm_source, e.utm_medium, e.utm_campaign, e.referrer,
             e.landing_page) > 0
         group by e.channel, e.utm_source, e.utm_medium, e.utm_campaign, e.referrer,
           e.landing_page, e.provider
      ) as o
     cross join lateral core.channel_by_rules(
       v_rules, o.channel, o.utm_source, o.utm_medium, o.utm_campaign, o.referrer, o.landing_page,
       o.provider) as c
     where c.channel_code = 'unassigned'
     group by 1, 2, 3, 4, 5
     order by 6 desc, 8 desc, 1, 2, 3, 4, 5
     limit greatest(p_limit, 0);
end
$function$;

comment on function api.unmapped_channels(uuid, timestamptz, timestamptz, integer) is
$doc$What the events of a period state and no channel rule knows, most frequent first.
The period is by the time the events happened; without p_from and p_to all events, which takes a
while where they are millions.
Raises: HL002 unknown_tenant for null.
Example: select * from api.unmapped_channels(:tenant, '2026-03-01', '2026-04-01');$doc$;

revoke all on function api.unmapped_channels(uuid, timestamptz, timestamptz, integer) from public;
grant execute on function api.unmapped_channels(uuid, timestamptz, timestamptz, integer)
  to hookledger_dba;
