-- Shapley values of the channels. p_paths as for core.markov_weights. v(S) is the conversion rate
-- of the journeys whose channels all lie in S, 0 where there is none.
-- Up to 12 channels exactly: the sum over all S without c of |S|! (n-|S|-1)! / n! (v(S+c) - v(S)).
-- Beyond that, the mean of v(S+c) - v(S) over 200 orders of the channels, S being who comes before
-- c. The orders are fixed: the k-th sorts the channels by md5('k:channel'), and each comes
-- backwards too. Numeric throughout, rounded to 30 decimals at the end.
create or replace function core.shapley_weights(p_paths jsonb)
  returns jsonb
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_orders constant integer := 100;  -- and as many backwards
  v_channels text[];
  v_size integer;
  v_converted bigint[];
  v_all bigint[];
  v_rates numeric[];
  v_bit bigint;
  v_row record;
begin
  select array_agg(distinct s.channel collate "C" order by s.channel collate "C") into v_channels
    from jsonb_array_elements(p_paths) as p (path)
   cross join jsonb_array_elements_text(p.path -> 'p') as s (channel);
  v_size := coalesce(cardinality(v_channels), 0);
  if v_size = 0 then
    return jsonb_build_object();
  elsif v_size > 12 then
    return core.shapley_sample(p_paths, v_channels, v_orders);
  end if;

  -- Journeys by their set of channels, then summed over all subsets of each set.
  v_converted := array_fill(0::bigint, array[1 << v_size]);
  v_all := v_converted;
  for v_row in
    select m.mask, coalesce(sum(m.n) filter (where m.converted), 0)::bigint as converted,
        sum(m.n)::bigint as n
      from (
        select (p.path -> 'c')::boolean as converted, (p.path -> 'n')::bigint as n,
            (select bit_or(1 << (array_position(v_channels, s.channel) - 1))
               from jsonb_array_elements_text(p.path -> 'p') as s (channel)) as mask
          from jsonb_array_elements(p_paths) as p (path)
      ) as m
     group by m.mask
  loop
    v_converted[v_row.mask + 1] := v_row.converted;
    v_all[v_row.mask + 1] := v_row.n;
  end loop;
  for c in 0 .. v_size - 1 loop
    v_bit := 1 << c;
    for s in 0 .. (1 << v_size) - 1 loop
      continue when s & v_bit = 0;
      v_converted[s + 1] := v_converted[s + 1] + v_converted[s + 1 - v_bit];
      v_all[s + 1] := v_all[s + 1] + v_all[s + 1 - v_bit];
    end loop;
  end loop;
  v_rates := array_fill(0::numeric, array[1 << v_size]);
  for s in 0 .. (1 << v_size) - 1 loop
    if v_converted[s + 1] > 0 then
      v_rates[s + 1] := round(v_converted[s + 1]::numeric(1000, 50) / v_all[s + 1], 50);
    end if;
  end loop;

  return (
    select jsonb_object_agg(g.channel, round(g.gain / factorial(v_size), 30))
      from (
        select v_channels[c + 1] as channel,
            sum((v_rates[s + 1 + (1 << c)] - v_rates[s + 1])
              * factorial(m.members) * factorial(v_size - m.members - 1)) as gain
          from generate_series(0, v_size - 1) as c
         cross join generate_series(0, (1 << v_size) - 1) as s
         cross join lateral (
           select length(replace(s::bit(12)::text, '0', '')) as members) as m
         where s & (1 << c) = 0
         group by c
      ) as g);
end
$function$;

comment on function core.shapley_weights(jsonb) is
  'The Shapley value of each channel as an object; negative where it lowers the rate';
