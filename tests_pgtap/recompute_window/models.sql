-- What each model gives, on journeys small enough to be worked out by hand.
begin;
select plan(30);

create temp table t as select tap.tenant() as tenant_id;
create function pg_temp.touch(p_id text, p_at text, p_channel text, p_session text) returns text
  language sql as 'select tap.touch(tenant_id, p_id, p_at, p_channel, p_session) from t';

select is(pg_temp.touch(c.id, c.at, c.channel, c.session), 'accepted', 'touch ' || c.id)
  from (values
    ('a1', '2026-03-02T08:00:00Z', 'email', 'A'),
    ('a2', '2026-03-02T09:00:00Z', 'referral', 'A'),
    ('a3', '2026-03-02T10:00:00Z', 'email', 'A'),
    ('a4', '2026-03-02T11:00:00Z', 'direct', 'A'),
    ('b1', '2026-02-23T12:00:00Z', 'email', 'B'),
    ('b2', '2026-03-02T12:00:00Z', 'referral', 'B'),
    ('c1', '2026-03-02T09:00:00Z', 'direct', 'C'),
    ('d1', '2026-03-02T09:00:00Z', 'display', 'D')
  ) as c (id, at, channel, session);
select is(tap.sale(tenant_id, c.id, c.at, c.amount, c.session), 'accepted', 'order ' || c.id)
  from t, (values
    ('four', '2026-03-02T12:00:00Z', 1000, 'A'),
    ('two', '2026-03-02T13:00:00Z', 100, 'B'),
    ('one', '2026-03-02T14:00:00Z', 7, 'C'),
    ('none', '2026-03-02T15:00:00Z', 999, 'E')
  ) as c (id, at, amount, session);
select is(
  (select count(*) from t, api.recompute_window(
    tenant_id, '2026-03-02 00:00Z', '2026-03-03 00:00Z')),
  8::bigint, 'without a model every model is computed');

select is(tap.shares(tenant_id, 'four', c.model), c.shares, c.model || ' of four touches')
  from t, (values
    ('first_touch', 'email 1000'),
    ('last_touch', 'direct 1000'),
    ('last_non_direct', 'email 1000'),
    ('linear', 'direct 250, email 500, referral 250'),
    ('position_based', 'direct 400, email 500, referral 100')
  ) as c (model, shares);
select is(tap.shares(tenant_id, 'two', c.model), c.shares, c.model || ' of two touches')
  from t, (values
    ('position_based', 'email 50, referral 50'),
    -- seven days apart: a half to one
    ('time_decay', 'email 33, referral 67')
  ) as c (model, shares);
select is(tap.shares(tenant_id, 'one', c.model), 'direct 7', c.model || ' of one touch')
  from t, unnest(core.attribution_models()) as c (model);
select set_eq(
  $$ select tap.shares(tenant_id, 'none', m.model)
       from t, unnest(core.attribution_models()) as m (model) $$,
  array['unattributed 999'], 'a sale without touches is unattributed as a whole, in every model');
select is_empty(
  $$ select l.object_id, a.model from t
       join core.revenue_ledger as l using (tenant_id)
       join core.attribution_allocations as a using (tenant_id, event_id, kind)
      group by 1, 2, l.amount_minor having sum(a.amount_minor) <> l.amount_minor $$,
  'every sale is divided whole by every model');

select * from finish();
rollback;
