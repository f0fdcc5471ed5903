-- The guard triggers: on every table that holds JSON, on insert and on update, for every column
-- they watch and every kind of personal data, whoever writes. A clean row passes, also where it
-- looks like one that is not.
begin;
select no_plan();

create temp table ids as select tap.tenant() as tenant_id;
alter table ids add shopify uuid;
update ids set shopify = tap.endpoint(tenant_id, 'shopify');
select is(w.status, 'accepted', 'there is an event')
  from ids, tap.shopify(tenant_id, shopify, 'orders/paid', tap.shopify_order(1)) as w;
select is(w.status, 'dead', 'there is a dead letter')
  from ids, tap.shopify(tenant_id, shopify, 'orders/paid',
    tap.shopify_order(2, p_currency => 'ZZZ')) as w;
select is(r.row_count, 0, 'there is a reconciliation')
  from ids, tap.reconcile(tenant_id, 'shopify', '{}') as r;

-- Which columns are watched; is_json: the value is put into a document. Listed by hand, compared
-- below with the catalogue.
create temp table watched (table_name text, key text, column_name text, is_json boolean);
insert into watched
select 'attribution_events', 'event_id', c.name, c.name = 'payload'
  from unnest(array[
    'payload', 'session_id', 'customer_key', 'utm_source', 'utm_medium', 'utm_campaign', 'referrer',
    'landing_page',
    'channel']) as c (name)
 union all
select 'dead_events', 'dead_event_id', c.name, c.name in ('payload', 'headers')
  from unnest(array['payload', 'headers', 'masked_body', 'detail', 'resolution_note']) as c (name)
 union all
select 'webhook_endpoints', 'endpoint_id', 'settings', true
 union all
select 'reconciliation_runs', 'run_id', 'totals', true;

-- All invented; the numbers carry valid check digits.
create temp table personal (kind text, value text);
insert into personal values
  ('a mail address', 'jane.roe@example.com'),
  ('a mail address within a text', 'please call jane.roe@example.com first'),
  ('a telephone number', '+1 202 555 0143'),
  ('a telephone number within a text', 'call (202) 555-0143 after six'),
  ('a card number', '4242 4242 4242 4242'),
  ('a card number without blanks', '4242424242424242'),
  ('an IBAN', 'DE89 3704 0044 0532 0130 00'),
  ('an IBAN without blanks', 'GB82WEST12345698765432'),
  ('a Korean RRN', '900101-1234568');

create temp table named (kind text, document jsonb);
insert into named values
  ('a key named email', '{"email": "hidden"}'),
  ('a key that ends in email, deep down', '{"a": [{"b": {"customer_email": "hidden"}}]}'),
  ('a key named phone', '{"phone": "hidden"}'),
  ('a key named first_name', '{"first_name": "hidden"}'),
  ('a key named lastName', '{"lastName": "hidden"}'),
  ('a key named address1', '{"address1": "hidden"}'),
  ('a key named zip', '{"zip": "hidden"}'),
  ('a key named ip', '{"browser_ip": "hidden"}'),
  ('a key named card_number, with a number', '{"card_number": 1234}'),
  ('a key that is a mail address', '{"jane.roe@example.com": true}'),
  ('a mail address in a list', '{"tags": ["vip", "jane.roe@example.com"]}'),
  ('a card number as a JSON number', '{"reference": 4242424242424242}');

create temp table clean (kind text, document jsonb);
insert into clean values
  ('an order id of 16 digits that passes Luhn',
    '{"id": 4242424242424242, "order_id": "4242424242424242"}'),
  ('a gid with such a number', '{"admin_graphql_api_id": "gid://shopify/Order/4242424242424242"}'),
  ('a 19-digit id', '{"id": 9007199254740993001}'),
  ('a UUID', '{"token": "5f0c3f2a-4242-4242-8242-424242424242"}'),
  ('a hash', '{"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}'),
  ('epochs and times',
    '{"created": 1772600767, "ms": 1772600767123, "at": "2026-03-04T05:06:07+01:00"}'),
  ('amounts', '{"amount": 4242424242, "total_price": "1234567.89"}'),
  ('a setting about telephone numbers', '{"phone_number_collection": {"enabled": false}}'),
  ('pseudonyms',
    '{"customer": {"id": "~0123456789abcdef0123456789abcdef"},
      "email": "~0123456789abcdef0123456789abcdef"}'),
  ('masks', '{"email": "[redacted]", "note": "write to [email]"}'),
  ('personal keys without a value', '{"email": null, "phone": "", "billing_address": {}}');

create temp table cases as
  select w.*, p.kind,
    case when w.is_json then jsonb_build_object('note', p.value)
      else to_jsonb(p.value) end as value,
    false as is_clean
    from watched as w cross join personal as p
   union all
  select w.*, n.kind, n.document, false from watched as w cross join named as n where w.is_json
   union all
  select w.*, c.kind, c.document, true from watched as w cross join clean as c where w.is_json
   union all
  select w.*, 'a plain text', to_jsonb('spring_sale_2026'::text), true
    from watched as w where not w.is_json;

-- A row of the tenant with one column changed: as a new row, or in place. Constraints that have
-- nothing to do with it are met by new keys.
create function pg_temp.insert_with(p_table text, p_key text, p_column text, p_value jsonb)
  returns void language plpgsql as $$
begin
  execute format(
    'insert into core.%1$I
     select r.*
       from core.%1$I as t
      cross join jsonb_populate_record(t, jsonb_build_object(
        %2$L, gen_random_uuid(), ''receipt_id'', gen_random_uuid(),
        ''dedup_key'', gen_random_uuid(), %3$L, $1)) as r
      where t.tenant_id = (select tenant_id from ids)
      limit 1', p_table, p_key, p_column) using p_value;
end
$$;
create function pg_temp.update_with(p_table text, p_column text, p_value jsonb) returns void
  language plpgsql as $$
begin
  execute format(
    'update core.%1$I as t
        set %2$I = (select r.%2$I from jsonb_populate_record(t, jsonb_build_object(%2$L, $1)) as r)
      where t.tenant_id = (select tenant_id from ids)', p_table, p_column) using p_value;
end
$$;
-- What the guards say when they fire; null when they let a statement pass. A check constraint has
-- 23514 too, so the message counts as well.
create function pg_temp.refusal(p_statement text) returns text language plpgsql as $$
declare
  v_message text;
  v_detail text;
  v_hint text;
begin
  execute p_statement;
  return null;
exception when others then
  get stacked diagnostics
    v_message = message_text, v_detail = pg_exception_detail, v_hint = pg_exception_hint;
  return concat_ws(' | ', sqlstate, v_message, v_detail, v_hint);
end
$$;

select set_eq(
  $$ select c.relname::text, a.attname::text
       from pg_class as c
       join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'core'::regnamespace and c.relkind in ('r', 'p')
        and a.atttypid in ('json'::regtype, 'jsonb'::regtype) $$,
  $$ select table_name, column_name from watched where is_json $$,
  'every JSON column is tested here');

-- Updates of events never get as far as the guard: another trigger refuses them first.
alter table core.attribution_events disable trigger attribution_events__refuse_change;

create temp table outcomes as
  select c.*, command, pg_temp.refusal(case command
      when 'insert' then
        format('select pg_temp.insert_with(%L, %L, %L, %L)', table_name, key, column_name, value)
      else
        format('select pg_temp.update_with(%L, %L, %L)', table_name, column_name, value)
      end) as refusal
    from cases as c
   cross join unnest(array['insert', 'update']) as command;
alter table core.attribution_events enable trigger attribution_events__refuse_change;

select is_empty(
  format('select kind, refusal from outcomes
      where not is_clean and table_name = %L and column_name = %L and command = %L
      and (refusal ~ %L) is not true',
    table_name, column_name, command,
    '^23514 \| ' || message || ' \| (?:payload|headers|settings|totals|a descriptive column) \| .*$'),
  format('%s of %s: the guard refuses every kind of personal data in %s',
    command, table_name, column_name))
  from watched
 cross join unnest(array['insert', 'update']) as command
 cross join core.errors() as e
 where e.reason = 'pii_violation'
 order by table_name, column_name, command;
select is_empty(
  format('select kind, refusal from outcomes
      where is_clean and table_name = %L and column_name = %L and command = %L
      and refusal is not null', table_name, column_name, command),
  format('%s of %s: the guard lets a clean %s pass', command, table_name, column_name))
  from watched
 cross join unnest(array['insert', 'update']) as command
 order by table_name, column_name, command;
select is_empty(
  $$ select o.table_name, o.kind from outcomes as o, personal as p
      where strpos(o.refusal, p.value) > 0 or o.refusal ~ 'hidden|jane|4242|0143' $$,
  'no refusal repeats what it refuses');

-- Nobody is exempt.
create temp table outcome_of_owner as select null::text as refusal;
grant select on ids to public;
grant all on outcome_of_owner to public;
select tap.set_tenant(tenant_id) from ids;
select tap.act_as('hookledger_owner');
update outcome_of_owner set refusal = pg_temp.refusal(
  $$ select pg_temp.update_with('dead_events', 'payload', '{"note": "jane.roe@example.com"}') $$);
select matches(refusal, '^23514 ', 'the guard refuses the owner as well as a superuser')
  from outcome_of_owner;
select tap.act_as_migrator();

select * from finish();
rollback;
