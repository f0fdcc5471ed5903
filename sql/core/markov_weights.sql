-- Removal effects of a first-order Markov chain. p_paths: the distinct journeys as
-- [{"p": [channel, …], "c": converted, "n": how many}]. States are start, each channel, conversion
-- and null; probabilities are the observed frequencies. Removing a channel sends whoever would have
-- gone there to null, so the conversion probability P falls by what passes through it:
--   P - P(without c) = F(c) * h(c),
-- F(c) the probability that a journey ever reaches c, h(c) that it converts from there. With the
-- fundamental matrix N = (I - Q)^-1 of the channels' transitions Q: h = N r (r: conversion next),
-- F(c) = (s N)(c) / N(c, c) (s: first channel). So one inversion serves all channels.
-- Numeric with 50 decimals, so that what is equal comes out equal (rounded to 30 at the end); a
-- self-transition is left out, which leaves both F and h as they are. No pivoting is needed: I - Q
-- is diagonally dominant.
create or replace function core.markov_weights(p_paths jsonb)
  returns jsonb
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_channels text[];
  v_size integer;
  v_start numeric[];
  v_next numeric[];
  v_a numeric[];     -- I - Q, row by row
  v_inverse numeric[];
  v_factor numeric;
  v_reached numeric;
  v_converts numeric;
  v_base numeric := 0;
  v_weights jsonb := jsonb_build_object();
  v_count record;
begin
  select array_agg(distinct s.channel collate "C" order by s.channel collate "C") into v_channels
    from jsonb_array_elements(p_paths) as p (path)
   cross join jsonb_array_elements_text(p.path -> 'p') as s (channel);
  v_size := coalesce(cardinality(v_channels), 0);
  if v_size = 0 then
    return v_weights;
  end if;
  v_start := array_fill(0::numeric, array[v_size]);
  v_next := v_start;
  v_a := array_fill(0::numeric, array[v_size * v_size]);

  for v_count in
    with step as (
      select array_position(v_channels, s.channel) as here,
          array_position(v_channels, p.path -> 'p' ->> s.place::integer) as there,
          s.place = 1 as is_first, s.place = jsonb_array_length(p.path -> 'p') as is_last,
          (p.path -> 'c')::boolean as converted, (p.path -> 'n')::numeric as n
        from jsonb_array_elements(p_paths) as p (path)
       cross join jsonb_array_elements_text(p.path -> 'p') with ordinality as s (channel, place)
    ), edge as (
      select 0 as here, s.here as there, s.n from step as s where s.is_first
       union all
      select s.here, case when not s.is_last then s.there when s.converted then 0 else -1 end, s.n
        from step as s where s.is_last or s.here <> s.there
    )
    select e.here, e.there, sum(e.n) as n, sum(sum(e.n)) over (partition by e.here) as total
      from edge as e group by e.here, e.there order by e.here, e.there
  loop
    v_factor := round(v_count.n / v_count.total::numeric(1000, 50), 50);
    if v_count.here = 0 then
      v_start[v_count.there] := v_factor;
    elsif v_count.there = 0 then
      v_next[v_count.here] := v_factor;
    elsif v_count.there > 0 then
      v_a[(v_count.here - 1) * v_size + v_count.there] := -v_factor;
    end if;
  end loop;

  v_inverse := array_fill(0::numeric, array[v_size * v_size]);
  for i in 1 .. v_size loop
    v_a[(i - 1) * v_size + i] := 1;
    v_inverse[(i - 1) * v_size + i] := 1;
  end loop;
  for k in 1 .. v_size loop
    v_factor := v_a[(k - 1) * v_size + k];
    for j in 1 .. v_size loop
      v_a[(k - 1) * v_size + j] := round(v_a[(k - 1) * v_size + j] / v_factor, 50);
      v_inverse[(k - 1) * v_size + j] := round(v_inverse[(k - 1) * v_size + j] / v_factor, 50);
    end loop;
    for i in 1 .. v_size loop
      v_factor := v_a[(i - 1) * v_size + k];
      continue when i = k or v_factor = 0;
      for j in 1 .. v_size loop
        v_a[(i - 1) * v_size + j] :=
          round(v_a[(i - 1) * v_size + j] - v_factor * v_a[(k - 1) * v_size + j], 50);
        v_inverse[(i - 1) * v_size + j] :=
          round(v_inverse[(i - 1) * v_size + j] - v_factor * v_inverse[(k - 1) * v_size + j], 50);
      end loop;
    end loop;
  end loop;

  for k in 1 .. v_size loop
    v_reached := 0;
    v_converts := 0;
    for i in 1 .. v_size loop
      v_reached := v_reached + v_start[i] * v_inverse[(i - 1) * v_size + k];
      v_converts := v_converts + v_inverse[(k - 1) * v_size + i] * v_next[i];
    end loop;
    v_base := v_base + v_reached * v_next[k];
    v_weights := jsonb_set(v_weights, array[v_channels[k]], to_jsonb(
      round(v_reached * v_converts / v_inverse[(k - 1) * v_size + k], 50)));
  end loop;
  if v_base = 0 then
    return jsonb_build_object();  -- nobody converted
  end if;
  return (
    select jsonb_object_agg(w.key, round(w.value::numeric / v_base, 30))
      from jsonb_each_text(v_weights) as w);
end
$function$;

comment on function core.markov_weights(jsonb) is
  'The removal effect of each channel, from 0 to 1, as an object';
