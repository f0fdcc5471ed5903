-- Texts that this transaction has scanned for personal data and found clean, so that the guard
-- trigger need not scan the same text again: a list of hashes, gone with the transaction. It spares
-- work and keeps nobody out: whoever may insert as the owner could also disable the trigger.
create or replace function core.note_of_text(p_text text)
  returns text
  language plpgsql
  immutable
  parallel safe
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return ' ' || hashtextextended(p_text, 1) || '/' || hashtextextended(p_text, 2) || ' ';
end
$function$;

comment on function core.note_of_text(text) is 'How a text is noted: 128 bits of hash, between spaces';

create or replace function core.note_clean_text(p_text text)
  returns text
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_notes text := coalesce(current_setting('app.clean_payloads', true), '');
begin
  if octet_length(v_notes) > 32768 then
    v_notes := '';  -- what is forgotten is scanned again
  end if;
  return set_config('app.clean_payloads', v_notes || core.note_of_text(p_text), true);
end
$function$;

comment on function core.note_clean_text(text) is
  'Notes that a text holds no personal data, for the rest of the transaction';

create or replace function core.is_noted_clean(p_text text)
  returns boolean
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  return position(
    core.note_of_text(p_text) in coalesce(current_setting('app.clean_payloads', true), '')) > 0;
end
$function$;

comment on function core.is_noted_clean(text) is
  'Whether this transaction has found exactly this text clean';
