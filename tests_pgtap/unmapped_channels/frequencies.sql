-- What no rule knew, most frequent first, and only the tenant's own.
begin;
select no_plan();

create temp table ids as select tap.tenant() as tenant_id, tap.tenant() as other_id;
grant select on ids to public;

create function pg_temp.event(
  p_tenant_id uuid, p_key text, p_at timestamptz, p_source text default null,
  p_medium text default null, p_channel text default null, p_referrer text default null,
  p_kind text default 'touch'
) returns void language sql as $$
  select tap.set_tenant(p_tenant_id);
  insert into core.attribution_events (tenant_id, event_id, receipt_id, endpoint_id, provider,
    event_type, kind, object_id, dedup_key, occurred_at, received_at, utm_source, utm_medium, channel,
    referrer, verification, payload, currency, amount_minor)
  values (p_tenant_id, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'standard', 'touch',
    p_kind, p_key, p_key, p_at, now(), p_source, p_medium, p_channel, p_referrer, 'none', '{}',
    case when p_kind = 'sale' then 'EUR' end, case when p_kind = 'sale' then 1 end)
$$;
do $$
begin
  for n in 1 .. 3 loop
    perform pg_temp.event(tenant_id, 'a' || n, now() - n * interval '1 day', 'Bogus', 'thing')
      from ids;
  end loop;
  perform pg_temp.event(tenant_id, 'a4', now(), ' BOGUS ', 'Thing') from ids;
  perform pg_temp.event(tenant_id, 'b1', now(), p_channel => 'Instore') from ids;
  perform pg_temp.event(tenant_id, 'b2', now(), p_channel => 'instore', p_kind => 'sale') from ids;
  perform pg_temp.event(tenant_id, 'c1', now(), 'bogus', 'thing', p_referrer =>
    'https://www.example.org/a') from ids;
  perform pg_temp.event(tenant_id, 'd1', now(), 'google', 'cpc') from ids;
  perform pg_temp.event(tenant_id, 'e1', now()) from ids;
  perform pg_temp.event(tenant_id, 'f1', now(), 'context', 'only', p_kind => 'none') from ids;
  perform pg_temp.event(tenant_id, 'g1', now() - interval '90 days', 'old', 'thing') from ids;
  perform pg_temp.event(other_id, 'h1', now(), 'theirs', 'thing') from ids;
end
$$;

select tap.clear_tenant();
set local session authorization hookledger_dba;
select results_eq(
  $$ select u.channel, u.source, u.medium, u.referrer_host, u.touches
       from ids, api.unmapped_channels(tenant_id) as u $$,
  $$ values
    (null, 'bogus', 'thing', null, 4::bigint), ('instore', null, null, null, 2::bigint),
    (null, 'bogus', 'thing', 'example.org', 1::bigint), (null, 'old', 'thing', null, 1::bigint) $$,
  'what is unmapped is listed by frequency, spellings joined; what a rule knows is not');
select is((select u.last_seen_at - u.first_seen_at from ids, api.unmapped_channels(tenant_id) as u
  limit 1), interval '3 days', 'with the times of the first and the last');
select is((select count(*) from ids, api.unmapped_channels(tenant_id, p_limit => 1)), 1::bigint,
  'no more than asked for');
select is((select count(*) from ids, api.unmapped_channels(tenant_id, p_limit => 0)), 0::bigint,
  'nothing if nothing is asked for');
select results_eq(
  $$ select u.source, u.touches from ids,
       api.unmapped_channels(tenant_id, now() - interval '1 year', now() - interval '60 days') as u $$,
  $$ values ('old', 1::bigint) $$, 'a period of one''s choice');
select is((select count(*) from ids, api.unmapped_channels(tenant_id, now() - interval '60 days')),
  3::bigint, 'or from a time on');
select results_eq(
  $$ select u.source, u.touches from ids, api.unmapped_channels(other_id) as u $$,
  $$ values ('theirs', 1::bigint) $$, 'another tenant has its own');

-- A rule maps them, also those that are there already
select is((select api.set_channel_rule(tenant_id, 'bogus', 'referral', '{"source": "bogus"}') from ids),
  1, 'a rule is written');
select results_eq(
  $$ select u.channel, u.touches from ids, api.unmapped_channels(tenant_id) as u $$,
  $$ values ('instore', 2::bigint), (null, 1::bigint) $$, 'and what it knows is gone from the list');
select is((select count(*) from (select tap.set_tenant(tenant_id) from ids) as s, api.events as e
  where e.utm_source ilike '%bogus%'), 5::bigint, 'while the events keep what they stated');
select throws_ok('select api.unmapped_channels(null)', 'HL002', null, 'no tenant is refused');
set local session authorization default;

select * from finish();
rollback;
