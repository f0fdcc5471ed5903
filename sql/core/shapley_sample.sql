-- Shapley values by sampling, where there are too many channels for all their sets. Each set that
-- an order asks for is looked at once.
create or replace function core.shapley_sample(
  p_paths jsonb,
  p_channels text[],
  p_orders integer
)
  returns jsonb
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  with journey as materialized (
    select m.mask, coalesce(sum(m.n) filter (where m.converted), 0) as converted, sum(m.n) as n
      from (
        select (p.path -> 'c')::boolean as converted, (p.path -> 'n')::bigint as n,
            (select bit_or(1::bigint << (array_position(p_channels, s.channel) - 1))
               from jsonb_array_elements_text(p.path -> 'p') as s (channel)) as mask
          from jsonb_array_elements(p_paths) as p (path)
      ) as m
     group by m.mask
  ), one as (
    select c.channel, 1::bigint << (c.place - 1)::integer as bit, k.k, d.direction,
        row_number() over (
          partition by k.k, d.direction
          order by md5(k.k || ':' || c.channel) collate "C",
            c.channel collate "C") as forwards
      from unnest(p_channels) with ordinality as c (channel, place)
     cross join generate_series(1, p_orders) as k
     cross join (values (1), (-1)) as d (direction)
  ), gain as materialized (
    select o.channel, o.bit,
        coalesce(bit_or(o.bit) over (
          partition by o.k, o.direction order by o.forwards * o.direction
          rows between unbounded preceding and 1 preceding), 0) as before
      from one as o
  ), asked as (
    select g.before as members from gain as g union select g.before | g.bit from gain as g
  ), rate as materialized (
    select jsonb_object_agg(a.members, coalesce((
        select round(sum(j.converted)::numeric(1000, 50) / nullif(sum(j.n), 0), 50)
          from journey as j
         where j.mask & ~a.members = 0), 0)) as rates
      from asked as a
  )
  select jsonb_object_agg(m.channel, m.value)
    from (
      select g.channel,
          round(avg(((select r.rates from rate as r) ->> (g.before | g.bit)::text)::numeric
            - ((select r.rates from rate as r) ->> g.before::text)::numeric), 30) as value
        from gain as g
       group by g.channel
    ) as m
$function$;

comment on function core.shapley_sample(jsonb, text[], integer) is
  'Shapley values from a fixed sample of orders of the channels and their reverses';
