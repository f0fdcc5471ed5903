-- What was decided about a call, and what became of it, is never changed or removed.
create or replace function core.tg_llm_call_audit__refuse_change()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.raise_error('immutable_row', 'core.llm_call_audit');
  return null;
end
$function$;

comment on function core.tg_llm_call_audit__refuse_change() is
  'Refuses UPDATE, DELETE and TRUNCATE with HL007';

create or replace function core.tg_llm_call_outcomes__refuse_change()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.raise_error('immutable_row', 'core.llm_call_outcomes');
  return null;
end
$function$;

comment on function core.tg_llm_call_outcomes__refuse_change() is
  'Refuses UPDATE, DELETE and TRUNCATE with HL007';

drop trigger if exists llm_call_audit__refuse_change on core.llm_call_audit;
create trigger llm_call_audit__refuse_change
  before update or delete or truncate on core.llm_call_audit
  for each statement execute function core.tg_llm_call_audit__refuse_change();

drop trigger if exists llm_call_outcomes__refuse_change on core.llm_call_outcomes;
create trigger llm_call_outcomes__refuse_change
  before update or delete or truncate on core.llm_call_outcomes
  for each statement execute function core.tg_llm_call_outcomes__refuse_change();
