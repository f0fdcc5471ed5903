-- One topic, many spellings.
begin;
select plan(17);

select ok(core.matches_topic(route, topic, status), format('%s means %s %s', route, topic, status))
from (values
  ('order_create', 'orders/create', null), ('order_created', 'orders/create', null),
  ('orders/create', 'orders/create', null), ('ORDERS_PAID', 'orders/paid', null),
  ('order_canceled', 'orders/cancelled', null), ('refund_create', 'refunds/create', null),
  ('sale_completed', 'PAYMENT.SALE.COMPLETED', null),
  ('payment.capture.refunded', 'PAYMENT.CAPTURE.REFUNDED', null),
  ('order_updated', 'order.updated', 'processing'),
  ('order_completed', 'order.updated', 'completed'),
  ('touch_recorded', 'touch.recorded', null),
  ('payment_status_changed', 'PAYMENT_STATUS_CHANGED', null)
) as s (route, topic, status);
select ok(not core.matches_topic(route, topic, status), format('%s is not %s %s', route, topic, status))
from (values
  ('order_paid', 'orders/create', null), ('order_completed', 'order.updated', 'processing'),
  ('ale_completed', 'PAYMENT.SALE.COMPLETED', null), ('', 'orders/paid', null),
  ('orders/paid', null, null)
) as s (route, topic, status);

select * from finish();
rollback;
