-- Texts that this transaction has scanned for personal data and found clean, so that the guard
-- trigger need not scan the same text again: a list of hashes, gone with the transaction. It spares
-- work and keeps nobody out: whoever may insert as the owner could also disable the trigger.
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
