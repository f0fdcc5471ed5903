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
begin
  begin
    v_text := convert_from(p_body, 'UTF8');
  exception when character_not_in_repertoire or untranslatable_character then
    perform core.raise_error(
      case when position('\x00'::bytea in p_body) > 0
        and substring(p_body for 2) not in ('\xfffe', '\xfeff')  -- UTF-16 says so itself
      then 'nul_character' else 'invalid_utf8' end);
  end;

  -- Where a number may stand; then, strings taken out, whether one does.
  if v_text ~ '[:,\[][ \t\r\n]*-?[0-9][0-9.]*[eE][+-]?[0-9][0-9]'
    and regexp_replace(v_text, '"(\\.|[^"\\])*"', '', 'g')
      ~ '[0-9][eE][+-]?0*([3-9][0-9]|[0-9]{3})'
  then
    perform core.raise_error('number_out_of_range');
  end if;

  begin
    v_json := v_text::jsonb;
  exception
    when untranslatable_character then
      perform core.raise_error('nul_character');
    when invalid_text_representation then
      perform core.raise_error('invalid_json');
    when statement_too_complex then
      perform core.raise_error('too_deep');
    when program_limit_exceeded then
      perform core.raise_error('too_many_keys');
    when numeric_value_out_of_range then
      perform core.raise_error('number_out_of_range');
  end;

  if jsonb_typeof(v_json) <> 'object' then
    perform core.raise_error('not_an_object');
  end if;
  if jsonb_path_exists(v_json, '$.**{33}') then
    perform core.raise_error('too_deep');
  end if;
  if octet_length(p_body) > 80000  -- less cannot hold as many
    and length(v_text) - length(replace(v_text, '":', ':')) > 20000
  then
    perform core.raise_error('too_many_keys');
  end if;
  if core.has_duplicate_keys(v_text) then
    perform core.raise_error('duplicate_keys');
  end if;
  return v_json;
end
$function$;

comment on function core.read_body(bytea) is
$doc$A webhook's bytes as a JSON object.
Raises: invalid_utf8, number_out_of_range, nul_character, invalid_json, too_deep, too_many_keys,
not_an_object, duplicate_keys.$doc$;
