-- Takes the refunds of a window back from the channels that earned their sale, in proportion to
-- what each earned, as corrections give back. All that was given back of a sale so far is divided
-- like a sale, by largest remainder; an entry is the difference between after and before it, so
-- that a sale given back in many parts leaves nothing with any channel. A refund whose sale is not
-- allocated yet waits; one that names no sale at all never was anybody's, and is unattributed.
create or replace function core.allocate_reversals(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz,
  p_models text[],
  p_model_version integer
)
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  with earned as (
    select r.*, a.model, a.channel, a.amount_minor as earned,
        sum(a.amount_minor) over (
          partition by r.event_id, r.kind, r.currency, a.model) as sold
      from core.reversals(p_tenant_id, p_window_start, p_window_end) as r
     cross join unnest(p_models) as m (model)
     cross join lateral (
       select a.*
         from core.attribution_allocations as a
        where a.tenant_id = p_tenant_id and a.model = m.model
          and a.model_version = p_model_version and a.occurred_at = r.sale_at
          and a.event_id = r.sale_event_id and a.kind = 'sale'
       offset 0) as a
  ), quota as (
    select e.*, div(abs(e.before)::numeric * e.earned, e.sold) as whole_before,
        div(abs(e.after)::numeric * e.earned, e.sold) as whole_after,
        (abs(e.before)::numeric * e.earned) % e.sold as rest_before,
        (abs(e.after)::numeric * e.earned) % e.sold as rest_after
      from earned as e
  ), ranked as (
    select q.*,
        row_number() over (
          partition by q.event_id, q.kind, q.currency, q.model
          order by q.rest_before desc, q.channel collate "C")
          <= abs(q.before) - sum(q.whole_before) over entry as more_before,
        row_number() over (
          partition by q.event_id, q.kind, q.currency, q.model
          order by q.rest_after desc, q.channel collate "C")
          <= abs(q.after) - sum(q.whole_after) over entry as more_after
      from quota as q
    window entry as (partition by q.event_id, q.kind, q.currency, q.model)
  ), fresh as (
    select r.model, r.occurred_at, r.event_id, r.kind, r.currency, r.channel, r.provider,
        r.object_id, r.sale_event_id,
        (sign(r.before) * (r.whole_before + r.more_before::integer)
          - sign(r.after) * (r.whole_after + r.more_after::integer))::bigint as share
      from ranked as r
     union all
    select m.model, r.occurred_at, r.event_id, 'refund', r.currency, 'unattributed', r.provider,
        r.object_id, r.event_id, r.amount_minor
      from core.refunds_of_nothing(p_tenant_id, p_window_start, p_window_end) as r
     cross join unnest(p_models) as m (model)
  ), changed as materialized (
    select m.model, m.occurred_at, m.event_id, m.kind, m.currency, m.channel,
        max(m.provider) as provider, max(m.object_id) as object_id,
        max(m.sale_event_id::text)::uuid as sale_event_id, max(m.fresh) as fresh,
        max(m.stored_at) as stored_at
      from (
        select f.model, f.occurred_at, f.event_id, f.kind, f.currency, f.channel, f.provider,
            f.object_id, f.sale_event_id, f.share as fresh, null::bigint as stored,
            null::tid as stored_at
          from fresh as f
         where f.share <> 0
         union all
        select a.model, a.occurred_at, a.event_id, a.kind, a.currency, a.channel, a.provider,
            a.object_id, a.sale_event_id, null, a.amount_minor, a.ctid
          from core.attribution_allocations as a
         where a.tenant_id = p_tenant_id and a.model = any (p_models)
           and a.model_version = p_model_version and a.kind in ('refund', 'correction')
           and a.occurred_at >= p_window_start and a.occurred_at < p_window_end
      ) as m
     group by m.model, m.occurred_at, m.event_id, m.kind, m.currency, m.channel
    having max(m.fresh) is distinct from max(m.stored)
  ), gone as (
    delete from core.attribution_allocations as a
     where a.tenant_id = p_tenant_id
       and a.ctid = any (array(
         select c.stored_at from changed as c where c.stored_at is not null))
    returning a.event_id
  )
  insert into core.attribution_allocations (
    tenant_id, model, model_version, occurred_at, event_id, kind, currency, channel,
    amount_minor, provider, object_id, sale_event_id
  )
  select p_tenant_id, c.model, p_model_version, c.occurred_at, c.event_id, c.kind, c.currency,
      c.channel, c.fresh, c.provider, c.object_id, c.sale_event_id
    from changed as c
   cross join (select count(*) from gone) as g  -- what is replaced goes first
   where c.fresh is not null
   order by c.model collate "C", c.occurred_at, c.event_id;
end
$function$;

comment on function core.allocate_reversals(uuid, timestamptz, timestamptz, text[], integer) is
  'Writes the allocations of the refunds and corrections of a window';
