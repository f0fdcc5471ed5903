-- SHA-256 over a window's allocations by one model, in a fixed order: of each hour, then of the
-- hours, so that no text grows with the window. Event ids are left out: they tell the order of
-- arrival, and the same facts in another order give the same checksum.
create or replace function core.allocation_checksum(
  p_tenant_id uuid,
  p_window_start timestamptz,
  p_window_end timestamptz,
  p_model text,
  p_model_version integer,
  out checksum bytea,
  out allocation_count integer
)
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select sha256(convert_to(coalesce(
          string_agg(h.hour || ' ' || encode(h.checksum, 'hex'), e'\n' order by h.hour), ''),
          'UTF8')),
      coalesce(sum(h.n), 0)::integer
    from (
      select floor(extract(epoch from a.occurred_at) / 3600)::bigint as hour, count(*) as n,
          sha256(convert_to(string_agg(
            concat_ws(' ', extract(epoch from a.occurred_at), a.provider, a.kind, a.object_id,
              a.currency, a.channel, a.amount_minor), e'\n'
            order by a.occurred_at, a.provider collate "C", a.kind collate "C",
              a.object_id collate "C", a.currency collate "C", a.channel collate "C"),
            'UTF8')) as checksum
        from core.attribution_allocations as a
       where a.tenant_id = p_tenant_id and a.model = p_model
         and a.model_version = p_model_version
         and a.occurred_at >= p_window_start and a.occurred_at < p_window_end
       group by 1
    ) as h
$function$;

comment on function core.allocation_checksum(uuid, timestamptz, timestamptz, text, integer) is
  'What identifies the allocations of a window, and how many they are';
