-- core.looks_like_pii for who has the document beside its text: the same answer for less. Nearly
-- all documents have usual names of members only, which is quicker to see than that no name is
-- personal. What members have other names is scanned, where that is not more than the text itself.
-- Not for long texts: each nested object is copied.
-- Every Stripe session tells in three members what its page asks for. The scan takes their names
-- for personal, and core.redact_json would walk the document to no purpose: it does not, and only
-- within an object about a person it changes what such a member holds.
create or replace function core.may_hold_pii(p_provider text, p_document jsonb, p_text text)
  returns boolean
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_nested jsonb;
  v_rest jsonb;
  v_unusual text := '';
begin
  if core.holds_pii_shape(p_text) then
    return true;
  elsif octet_length(p_text) > 65536 or jsonb_typeof(p_document) <> 'object' then
    return core.holds_pii_key(p_text);
  end if;
  v_nested := jsonb_path_query_array(p_document, 'strict $.**{1 to last} ? (exists (@.*))');
  for i in -1 .. jsonb_array_length(v_nested) - 1 loop
    v_rest := case when i < 0 then p_document else v_nested -> i end - core.usual_keys(p_provider);
    if v_rest <> '{}' then
      v_unusual := v_unusual || v_rest::text;
      if octet_length(v_unusual) > octet_length(p_text) then
        return core.holds_pii_key(p_text);
      end if;
    end if;
  end loop;
  return v_unusual <> '' and core.holds_pii_key(v_unusual)
    and (core.holds_pii_key(regexp_replace(
        v_unusual, '"(phone_number|(billing|shipping)_address)_collection": ', '"": ', 'g'))
      or p_text ~* (core.person_key_pattern() || '": [{[]'));
end
$function$;

comment on function core.may_hold_pii(text, jsonb, text) is
  'Whether a JSON document, given with its text form, may hold personal data; may err, but only '
  'towards yes';
