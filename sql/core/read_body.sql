-- The bytes of a webhook as JSON. What jsonb would accept but nothing should store (exponents of 30
-- and more, which a later text form would expand; deep nesting; key floods; duplicate keys) is
-- refused here, once, and each test takes time in proportion to the body.
create or replace function core.read_body(p_body bytea)
  returns jsonb
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_text text;
  v_json jsonb;
  v_problem text;
begin
  begin
    v_text := convert_from(p_body, 'UTF8');
    v_json := v_text::jsonb;
  exception
    when character_not_in_repertoire or untranslatable_character then
      v_problem := case
        when v_text is not null or position('\x00'::bytea in p_body) > 0
          and substring(p_body for 2) not in ('\xfffe', '\xfeff')  -- UTF-16 says so itself
        then 'nul_character' else 'invalid_utf8' end;
    when invalid_text_representation then
      v_problem := 'invalid_json';
    when statement_too_complex then
      v_problem := 'too_deep';
    when program_limit_exceeded then
      v_problem := 'too_many_keys';
    when numeric_value_out_of_range then
      v_problem := 'number_out_of_range';
  end;

  v_problem := case
    -- Where a number may stand; then, strings taken out, whether one does.
    when v_text ~ '[:,\[][ \t\r\n]*-?[0-9][0-9.]*[eE][+-]?[0-9][0-9]'
      and regexp_replace(v_text, '"(\\.|[^"\\])*"', '', 'g')
        ~ '[0-9][eE][+-]?0*([3-9][0-9]|[0-9]{3})' then 'number_out_of_range'
    when v_problem is not null then v_problem
    when jsonb_typeof(v_json) <> 'object' then 'not_an_object'
    when jsonb_path_exists(v_json, '$.**{33}') then 'too_deep'
    when octet_length(p_body) > 80000  -- less cannot hold as many
      and length(v_text) - length(replace(v_text, '":', ':')) > 20000 then 'too_many_keys'
    when core.has_duplicate_keys(v_text) then 'duplicate_keys'
  end;
  if v_problem is not null then
    perform core.raise_error(v_problem);
  end if;
  return v_json;
end
$function$;

comment on function core.read_body(bytea) is
$doc$A webhook's bytes as a JSON object.
Raises: invalid_utf8, number_out_of_range, nul_character, invalid_json, too_deep, too_many_keys,
not_an_object, duplicate_keys.$doc$;
