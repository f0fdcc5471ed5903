-- A sale and its refunds end in the same net in whatever order they arrive, below the sale and above it.
begin;
select plan(36);

create temp table t as
select tenant_id, tap.endpoint(tenant_id, 'shopify') as shopify, tap.endpoint(tenant_id, 'stripe') as stripe
from tap.tenant() as tenant_id;

create function pg_temp.run(p_order_id bigint, p_order text, p_first text, p_second text) returns text language plpgsql as $$
declare
  v_step text;
begin
  foreach v_step in array string_to_array(p_order, ' ') loop
    perform s.* from t, tap.shopify(t.tenant_id, t.shopify,
      case v_step when 'sale' then 'orders/paid' else 'refunds/create' end,
      case v_step
        when 'sale' then tap.shopify_order(p_order_id)
        when 'first' then tap.shopify_refund(p_order_id * 10 + 1, p_order_id, p_first)
        else tap.shopify_refund(p_order_id * 10 + 2, p_order_id, p_second) end) as s;
  end loop;
  return (
    select concat_ws(' ', 'net', sum(l.amount_minor), 'excess', (
        select coalesce(sum(substring(d.detail from 'excess_minor ([0-9]+)')::bigint), 0)
          from core.dead_events as d
         where d.tenant_id = t.tenant_id and p_order_id::text in (d.payload ->> 'id', d.payload ->> 'order_id')))
      from core.revenue_ledger as l, t
     where l.tenant_id = t.tenant_id and p_order_id::text in (l.object_id, l.parent_object_id)
     group by t.tenant_id);
end
$$;

select is(
  pg_temp.run(1000 + a.number * 10 + s.number, a.arrival, s.first, s.second), s.expected,
  format('%s, with refunds of %s and %s', a.arrival, s.first, s.second)
)
from (values
  (1, 'sale first second'), (2, 'sale second first'), (3, 'first sale second'),
  (4, 'second sale first'), (5, 'first second sale'), (6, 'second first sale')
) as a (number, arrival)
cross join (values
  (1, '30.00', '40.00', 'net 3000 excess 0'),
  (2, '40.00', '60.00', 'net 0 excess 0'),
  (3, '80.00', '80.00', 'net 0 excess 6000'),
  (4, '150.00', '10.00', 'net 0 excess 6000')
) as s (number, first, second, expected);

-- Stripe: deltas by previous_attributes, or all that was refunded so far.
create function pg_temp.run_stripe(p_number integer, p_order text, p_has_previous boolean) returns bigint language plpgsql as $$
declare
  v_step text;
begin
  foreach v_step in array string_to_array(p_order, ' ') loop
    perform s.* from t, tap.stripe(t.tenant_id, t.stripe, case v_step
      when 'sale' then tap.stripe_event('payment_intent.succeeded', tap.stripe_payment_intent('pi_' || p_number))
      when 'first' then tap.stripe_event('charge.refunded', tap.stripe_charge('ch_' || p_number, 'pi_' || p_number, 10000, 3000),
        p_previous => case when p_has_previous then '{"amount_refunded": 0}'::jsonb end)
      else tap.stripe_event('charge.refunded', tap.stripe_charge('ch_' || p_number, 'pi_' || p_number, 10000, 7000),
        p_previous => case when p_has_previous then '{"amount_refunded": 3000}'::jsonb end)
    end) as s;
  end loop;
  return (
    select sum(l.amount_minor) from core.revenue_ledger as l, t
     where l.tenant_id = t.tenant_id and 'pi_' || p_number in (l.object_id, l.parent_object_id));
end
$$;

select is(
  pg_temp.run_stripe(a.number * 2 + p.has_previous::integer, a.arrival, p.has_previous), 3000::bigint,
  format('%s, of 3000 and then 7000 in all, %s previous attributes', a.arrival, case when p.has_previous then 'with' else 'without' end)
)
from (values
  (1, 'sale first second'), (2, 'sale second first'), (3, 'first sale second'),
  (4, 'second sale first'), (5, 'first second sale'), (6, 'second first sale')
) as a (number, arrival)
cross join (values (true), (false)) as p (has_previous);

select * from finish();
rollback;
