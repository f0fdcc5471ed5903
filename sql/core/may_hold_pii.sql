-- core.looks_like_pii for who has the document beside its text: the same answer for less. Nearly
-- all documents have usual names of members only, which is quicker to see than that no name is
-- personal. What members have other names is scanned, where that is not more than the text itself.
-- Not for long texts: each nested object is copied.
create or replace function core.may_hold_pii(p_provider text, p_document jsonb, p_text text)
  returns boolean
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_objects jsonb;
  v_unusual text := '';
begin
  if core.holds_pii_shape(p_text) then
    return true;
  elsif octet_length(p_text) > 65536 then
    return core.holds_pii_key(p_text);
  end if;
  v_objects := jsonb_path_query_array(p_document, 'strict $.** ? (exists (@.*))');
  for i in 0 .. jsonb_array_length(v_objects) - 1 loop
    if (v_objects -> i) - core.usual_keys(p_provider) <> '{}' then
      v_unusual := v_unusual || ((v_objects -> i) - core.usual_keys(p_provider))::text;
      if octet_length(v_unusual) > octet_length(p_text) then
        return core.holds_pii_key(p_text);
      end if;
    end if;
  end loop;
  return v_unusual <> '' and core.holds_pii_key(v_unusual);
end
$function$;

comment on function core.may_hold_pii(text, jsonb, text) is
  'Whether a JSON document, given with its text form, may hold personal data; may err, but only '
  'towards yes';
