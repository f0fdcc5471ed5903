-- A provider is three functions in sql/providers: identify_<provider>, redact_<provider> and
-- normalize_<provider>. This writes the three branches that call them by name, from what exists, so
-- that the ingestion path has static plans (a dynamic EXECUTE is parsed and planned every time) and
-- adding a provider touches no other file: its normalize file calls this at its end.
create or replace function core.build_dispatch()
  returns void
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_step record;
  v_branches text;
begin
  for v_step in
    select * from (values
      ('identify', 'p_headers jsonb, p_payload jsonb',
        'p_headers, p_payload', 'core.delivery_identity'),
      ('redact', 'p_payload jsonb, p_hmac_pads bytea[]',
        'p_payload, p_hmac_pads', 'core.redaction'),
      ('normalize', 'p_headers jsonb, p_payload jsonb, p_settings jsonb',
        'p_headers, p_payload, p_settings', 'core.canonical_event[]')
    ) as s (name, parameters, arguments, result)
  loop
    v_branches := (
      select string_agg(
          format(E'    when %L then core.%I(%s)\n',
            n.provider, v_step.name || '_' || n.provider, v_step.arguments),
          '' order by n.provider)
        from (
          select substring(p.proname from 'normalize_(.*)') as provider
            from pg_proc as p
           where p.pronamespace = 'core'::regnamespace and p.proname like 'normalize\_%'
             and p.prorettype = 'core.canonical_event[]'::regtype
        ) as n);
    execute format(
      $create$create or replace function core.%I(p_provider text, %s)
  returns %s
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $branches$
begin
  return case p_provider
%s  end;
end
$branches$$create$,
      v_step.name, v_step.parameters, v_step.result, v_branches);
    execute format('comment on function core.%I is %L', v_step.name,
      format('core.%s_<provider>, by name; written by core.build_dispatch', v_step.name));
  end loop;
end
$function$;

comment on function core.build_dispatch() is
  'Writes core.identify, core.redact and core.normalize from the providers there are';
