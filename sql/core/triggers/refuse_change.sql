-- Events and ledger entries are never changed or removed, by nobody: what was wrong is corrected by
-- a further entry. One function per table, as for every trigger.
create or replace function core.tg_attribution_events__refuse_change()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.raise_error('immutable_row', 'core.attribution_events');
  return null;
end
$function$;

comment on function core.tg_attribution_events__refuse_change() is
  'Refuses UPDATE, DELETE and TRUNCATE with HL007';

create or replace function core.tg_revenue_ledger__refuse_change()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.raise_error('immutable_row', 'core.revenue_ledger');
  return null;
end
$function$;

comment on function core.tg_revenue_ledger__refuse_change() is
  'Refuses UPDATE, DELETE and TRUNCATE with HL007';

drop trigger if exists attribution_events__refuse_change on core.attribution_events;
create trigger attribution_events__refuse_change
  before update or delete or truncate on core.attribution_events
  for each statement execute function core.tg_attribution_events__refuse_change();

drop trigger if exists revenue_ledger__refuse_change on core.revenue_ledger;
create trigger revenue_ledger__refuse_change
  before update or delete or truncate on core.revenue_ledger
  for each statement execute function core.tg_revenue_ledger__refuse_change();

create or replace function core.tg_dead_event_attempts__refuse_change()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  perform core.raise_error('immutable_row', 'core.dead_event_attempts');
  return null;
end
$function$;

comment on function core.tg_dead_event_attempts__refuse_change() is
  'Refuses UPDATE, DELETE and TRUNCATE with HL007';

drop trigger if exists dead_event_attempts__refuse_change on core.dead_event_attempts;
create trigger dead_event_attempts__refuse_change
  before update or delete or truncate on core.dead_event_attempts
  for each statement execute function core.tg_dead_event_attempts__refuse_change();
