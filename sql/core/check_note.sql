-- What a person writes beside a dead letter is kept for years: it says why, never who.
create or replace function core.check_note(p_note text)
  returns void
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if p_note ~ '[^[:space:]]' and length(p_note) <= 500 and core.mask_text(p_note) = p_note then
    return;
  end if;
  perform core.raise_error('invalid_note');
end
$function$;

comment on function core.check_note(text) is
  'Raises HL067 for a reason that is blank, too long or holds personal data';
