-- As guard_pii.sql: a row of the queue with personal data is refused (SQLSTATE 23514).
create or replace function core.tg_jobs__guard_pii()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_columns text := concat_ws(' | ', new.key, new.detail, new.leased_by);
begin
  if core.contains_pii(new.args) then
    perform core.raise_error('pii_violation', 'args');
  elsif core.contains_pii(new.result) then
    perform core.raise_error('pii_violation', 'result');
  elsif v_columns <> core.mask_text(v_columns) then
    perform core.raise_error('pii_violation', 'a descriptive column');
  end if;
  return new;
end
$function$;

comment on function core.tg_jobs__guard_pii() is 'Refuses a job with personal data with 23514';

create or replace function core.tg_worker_failed_jobs__guard_pii()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_columns text := concat_ws(' | ', new.key, new.detail, new.resolution_note);
begin
  if core.contains_pii(new.args) then
    perform core.raise_error('pii_violation', 'args');
  elsif v_columns <> core.mask_text(v_columns) then
    perform core.raise_error('pii_violation', 'a descriptive column');
  end if;
  return new;
end
$function$;

comment on function core.tg_worker_failed_jobs__guard_pii() is
  'Refuses the report of a dead job with personal data with 23514';

drop trigger if exists jobs__guard_pii on core.jobs;
create trigger jobs__guard_pii
  before insert or update on core.jobs
  for each row execute function core.tg_jobs__guard_pii();

drop trigger if exists worker_failed_jobs__guard_pii on core.worker_failed_jobs;
create trigger worker_failed_jobs__guard_pii
  before insert or update on core.worker_failed_jobs
  for each row execute function core.tg_worker_failed_jobs__guard_pii();
