-- A short descriptive text (a utm value, a topic) as it may be stored: trimmed, at most 200
-- characters, without control characters, and null where it is shaped like personal data.
create or replace function core.clean_label(p_text text)
  returns text
  language plpgsql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_label text;
begin
  if length(p_text) <= 200 and p_text ~ '^[A-Za-z_.-]+[0-9]{0,6}$' then
    return p_text;  -- as most are: nothing to trim, and too few digits to be anybody's
  end if;
  v_label := nullif(btrim(left(regexp_replace(p_text, '[[:cntrl:]]+', ' ', 'g'), 200)), '');
  return case when core.mask_text(v_label) = v_label then v_label end;
end
$function$;

comment on function core.clean_label(text) is
  'A utm value or similar, bounded and free of personal data';
