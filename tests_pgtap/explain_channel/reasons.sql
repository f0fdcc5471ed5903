-- Why an event that was sent counts to its channel.
begin;
select no_plan();

create temp table ids as select tap.tenant() as tenant_id, tap.tenant() as other_id;
alter table ids add shopify uuid;
update ids set shopify = tap.endpoint(tenant_id, 'shopify');
create temp table sent as
  select c.id, w.event_id
    from ids as i, (values
      (1, '{"landing_site": "/?utm_source=Google&utm_medium=cpc", "referring_site": ""}'::jsonb),
      (2, '{"landing_site": "/products/hat?srsltid=AfmB", "referring_site": "https://google.com/"}'),
      (3, '{"landing_site": "/", "referring_site": "https://checkout.stripe.com/c/pay/cs_live"}'),
      (4, '{"landing_site": "/?utm_source=partner-7", "referring_site": ""}')
    ) as c (id, more),
    tap.shopify(i.tenant_id, i.shopify, 'orders/paid',
      tap.shopify_order(c.id, '10.00', 'EUR', c.more)) as w;
grant select on ids, sent to public;
select tap.clear_tenant();

set local session authorization hookledger_dba;
select results_eq(
  $$ select s.id, x.channel_code, x.decided_by, x.rule_name, x.source, x.medium
       from ids, sent as s, api.explain_channel(tenant_id, s.event_id) as x order by s.id $$,
  $$ values
    (1, 'paid_search', 'default', '4', 'google', 'cpc'),
    (2, 'organic_shopping', 'default', '12', 'google shopping', 'organic'),
    (3, 'direct', 'nothing', null, null, null),
    (4, 'unassigned', 'nothing', null, 'partner-7', null) $$,
  'each has its channel and the reason');
select lives_ok(
  $$ select api.set_channel_rule(tenant_id, 'partners', 'affiliates', '{"source": "partner-*"}'),
       api.set_channel_rule(tenant_id, 'partners', 'affiliates', '{"source": "partner*"}')
       from ids $$, 'a rule is written and changed');
select results_eq(
  $$ select x.channel_code, x.decided_by, x.rule_name, x.rule_version
       from ids, sent as s, api.explain_channel(tenant_id, s.event_id) as x where s.id = 4 $$,
  $$ values ('affiliates', 'tenant', 'partners', 2) $$,
  'an event that was there before counts by the rule''s version in force');
select is_empty(
  $$ select x.* from ids, sent as s, api.explain_channel(other_id, s.event_id) as x $$,
  'of another tenant''s event nothing is told');
select throws_ok(
  $$ select api.explain_channel(null, event_id) from sent $$, 'HL002', null, 'no tenant is refused');
set local session authorization default;

select * from finish();
rollback;
