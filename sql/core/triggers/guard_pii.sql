-- The second line of privacy: whatever code writes, a row with personal data is refused (SQLSTATE
-- 23514). One small function per table that holds JSON; each names only columns of its own table.
-- An event's payload that this transaction has already found clean (core.read_part), to the letter,
-- is not scanned again (core.is_noted_clean).
create or replace function core.tg_attribution_events__guard_pii()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_columns text := concat_ws(' | ',
    case when left(new.session_id, 1) <> '~' then new.session_id end,
    case when left(new.customer_key, 1) <> '~' then new.customer_key end,
    new.utm_source, new.utm_medium, new.utm_campaign, new.referrer, new.landing_page, new.channel);
begin
  if not core.is_noted_clean(new.payload::text) and core.contains_pii(new.payload) then
    perform core.raise_error('pii_violation', 'payload');
  elsif v_columns <> core.mask_text(v_columns) then
    perform core.raise_error('pii_violation', 'a descriptive column');
  end if;
  return new;
end
$function$;

comment on function core.tg_attribution_events__guard_pii() is
  'Refuses an event with personal data with 23514';

create or replace function core.tg_dead_events__guard_pii()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_columns text := concat_ws(' | ', new.masked_body, new.detail, new.resolution_note);
begin
  if core.contains_pii(new.payload) then
    perform core.raise_error('pii_violation', 'payload');
  elsif core.contains_pii(new.headers) then
    perform core.raise_error('pii_violation', 'headers');
  elsif v_columns <> core.mask_text(v_columns) then
    perform core.raise_error('pii_violation', 'a descriptive column');
  end if;
  return new;
end
$function$;

comment on function core.tg_dead_events__guard_pii() is
  'Refuses a dead letter with personal data with 23514';

create or replace function core.tg_webhook_endpoints__guard_pii()
  returns trigger
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if core.contains_pii(new.settings) then
    perform core.raise_error('pii_violation', 'settings');
  end if;
  return new;
end
$function$;

comment on function core.tg_webhook_endpoints__guard_pii() is
  'Refuses settings with personal data with 23514';

drop trigger if exists attribution_events__guard_pii on core.attribution_events;
create trigger attribution_events__guard_pii
  before insert or update on core.attribution_events
  for each row execute function core.tg_attribution_events__guard_pii();

drop trigger if exists dead_events__guard_pii on core.dead_events;
create trigger dead_events__guard_pii
  before insert or update on core.dead_events
  for each row execute function core.tg_dead_events__guard_pii();

drop trigger if exists webhook_endpoints__guard_pii on core.webhook_endpoints;
create trigger webhook_endpoints__guard_pii
  before insert or update on core.webhook_endpoints
  for each row execute function core.tg_webhook_endpoints__guard_pii();
