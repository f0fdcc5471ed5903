-- What each channel of each sale of a window weighs in each model: not negative, and of a sale and
-- model not all zero. Only the proportion within a sale counts, so that each model may use whole
-- numbers, which sum to the same in any order:
--   position_based  n touches: 40 (n-2) for the first and the last, 20 for each other; two: 40 each
--   time_decay      2^(-age / half-life), age before the last touch, in units of 10^-15
--   markov, shapley of the window; what is negative counts as zero, and where all are, as equal
create or replace function core.weigh_touches(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz,
  p_models text[]
)
  returns table (
    event_id uuid, provider text, object_id text, currency text, amount_minor bigint,
    occurred_at timestamptz, model text, model_number integer,
    channel text, weight numeric, total numeric
  )
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_settings core.attribution_settings := core.attribution_settings_of(p_tenant_id);
  v_half_life float8 := v_settings.half_life_days * 86400;
begin
  return query
  with touch as materialized (
    select *
      from core.journey_touches(p_tenant_id, p_window_start, p_window_end,
        make_interval(days => v_settings.lookback_days), p_models && '{markov,shapley}')
  ), path as (
    select p.channels, p.converted, count(*) as n
      from (
        select t.event_id is not null as converted,
            array_agg(t.channel order by t.place) as channels
          from touch as t
         where p_models && '{markov,shapley}' and t.touched_at is not null
         group by t.event_id, t.lost_key
      ) as p
     group by p.channels, p.converted
  ), paths as materialized (
    select coalesce(jsonb_agg(jsonb_build_object('p', p.channels, 'c', p.converted, 'n', p.n)),
        '[]') as list
      from path as p
  ), learnt as materialized (
    select case when 'markov' = any (p_models) then core.markov_weights(p.list) end as markov,
        case when 'shapley' = any (p_models) then core.shapley_weights(p.list) end as shapley
      from paths as p
  ), share as (
    select t.event_id, t.provider, t.object_id, t.currency, t.amount_minor, t.occurred_at,
        t.places, t.channel, min(t.place) as first_place, max(t.place) as last_place,
        count(*) as touches,
        sum(case
          when t.places = 1 then 1
          when t.place = 1 then v_settings.first_weight * greatest(t.places - 2, 1)
          when t.place = t.places then v_settings.last_weight * greatest(t.places - 2, 1)
          else v_settings.middle_weight
        end::bigint) as by_position,
        sum((power(2::float8,
          -extract(epoch from t.last_at - t.touched_at)::float8 / v_half_life) * 1e15)::bigint)
          as by_age
      from touch as t
     where t.event_id is not null
     group by t.event_id, t.provider, t.object_id, t.currency, t.amount_minor, t.occurred_at,
       t.places, t.channel
  ), weighed as (
    select s.*, m.model, m.model_number::integer,
        case m.model
          when 'first_touch' then (s.first_place = 1)::integer
          when 'last_touch' then (s.last_place = s.places)::integer
          when 'last_non_direct' then (s.last_place = coalesce(
            max(s.last_place) filter (where s.channel <> 'direct') over (
              partition by s.event_id, m.model_number), s.places))::integer
          when 'linear' then s.touches
          when 'position_based' then s.by_position
          when 'time_decay' then s.by_age
          when 'markov' then greatest(
            ((select l.markov from learnt as l) ->> s.channel)::numeric, 0)
          when 'shapley' then greatest(
            ((select l.shapley from learnt as l) ->> s.channel)::numeric, 0)
        end::numeric as weight
      from share as s
     cross join unnest(p_models) with ordinality as m (model, model_number)
  ), totalled as (
    select w.*, sum(w.weight) over sale as total, count(*) over sale as channels
      from weighed as w
    window sale as (partition by w.event_id, w.model_number)
  )
  select t.event_id, t.provider, t.object_id, t.currency, t.amount_minor, t.occurred_at, t.model,
      t.model_number, t.channel, case when t.total > 0 then t.weight else 1 end,
      case when t.total > 0 then t.total else t.channels end
    from totalled as t
   where t.weight > 0 or t.total is null or t.total = 0;
end
$function$;

comment on function core.weigh_touches(uuid, timestamptz, timestamptz, text[]) is
  'The weight of each channel in each sale of a window, by model, and the sum of its weights';
