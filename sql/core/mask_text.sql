-- Replaces what is shaped like personal data inside a text: by its kind in brackets, or by the
-- tenant's pseudonym where pads are given; shapes with check digits only when those hold.
create or replace function core.mask_text(
  p_text text,
  p_hmac_pads bytea[] default null,
  p_is_id boolean default false
)
  returns text
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_text text := p_text;
  v_shape record;
  v_match text;
begin
  -- Every shape has an @ or seven digits, which most short texts have not.
  if p_text is null
    or p_text !~ '[0-9]([^0-9]*[0-9]){6}'
      and position('@' in p_text) = 0 and position('%40' in p_text) = 0
  then
    return p_text;
  end if;
  if length(p_text) > 16384 then
    -- Replacing match by match takes time in proportion to length times matches.
    return case when core.looks_like_pii('{"": ' || to_jsonb(p_text)::text || '}') then '[text]'
      else p_text end;
  end if;
  for v_shape in
    select * from (values
      ('email', '[^][:space:]"<>(),:;@/=&?\\]+(?:@|%40)(?![0-9]x\.)[^][:space:]"<>(),:;@/=&?\\.]+'
        '(?:\.[^][:space:]"<>(),:;@/=&?\\.]+)*\.[^][:space:]"<>(),:;@/=&?\\.0-9]{2,}'),
      ('iban', '(?<![0-9A-Za-z_])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}(?![0-9A-Za-z])'),
      ('card', '(?<![0-9A-Za-z/_.-])[0-9]+(?:[ \u00a0-]{1,2}[0-9]+)*(?![0-9A-Za-z]|-[0-9A-Za-z])'),
      ('rrn', '(?<![0-9A-Za-z_.-])[0-9]{6}-?[1-4][0-9]{6}(?![0-9A-Za-z_-])'),
      ('phone', '(?<![0-9A-Za-z_.-])(?:\+[0-9][0-9() .-]{6,18}[0-9]'
        '|(?:1[ .-])?\(?[2-9][0-9]{2}\)?[ .-][2-9][0-9]{2}[ .-][0-9]{4}'
        '|01[016789][ -]?[0-9]{3,4}[ -]?[0-9]{4}|0[0-9]{1,3}[ -][0-9]{3,4}[ -][0-9]{4})'
        '(?![0-9A-Za-z_-])')
    ) as s (kind, pattern)
    where not (p_is_id and s.kind in ('card', 'rrn') and p_text ~ '^[0-9]+$')
  loop
    for v_match in
      select distinct m.found[1]
        from regexp_matches(v_text, '(' || v_shape.pattern || ')', 'g') as m (found)
    loop
      -- In parentheses: PL/pgSQL would end the condition at the first THEN.
      if (case v_shape.kind
        when 'card' then core.holds_card_number(v_match)
        when 'iban' then core.holds_iban(v_match)
        when 'rrn' then core.is_rrn_valid(replace(v_match, '-', ''))
        when 'phone' then core.holds_phone_number(v_match)
        else true
      end)
      then
        v_text := replace(v_text, v_match, case
          when p_hmac_pads is null then '[' || v_shape.kind || ']'
          when v_match = p_text then core.pseudonymise(p_hmac_pads, v_match)
          else '[' || core.pseudonymise(p_hmac_pads, v_match) || ']' end);
      end if;
    end loop;
  end loop;
  -- What was hidden behind a neighbour shows now: again, until nothing is found any more.
  return case
    when v_text = p_text then v_text
    else core.mask_text(v_text, p_hmac_pads, p_is_id)
  end;
end
$function$;

comment on function core.mask_text(text, bytea[], boolean) is
  'A text without mail addresses, IBANs, card numbers, Korean RRNs and telephone numbers';
