-- A redacted Toss webhook as canonical events. Its data is a payment's state, not what changed: the
-- sale and every cancel it shows become events each time, and business dedup keeps one of each.
-- PAYMENT_STATUS_CHANGED and DEPOSIT_CALLBACK tell one fact under one key.
-- A payment was paid where it is DONE or PARTIAL_CANCELED. CANCELED is also what becomes of a
-- virtual account into which nobody paid: that one has approvedAt null, and its cancels moved no
-- money. A document that leaves approvedAt out altogether is taken at the word of its cancels.
-- A sale is undone by cancels alone: a payment that was DONE and shows up as ABORTED (a race of two
-- approvals) or as WAITING_FOR_DEPOSIT again (deposit error) stays booked and only its state says
-- so. Were it taken back, the deposit made good would tell a sale that is known already, and be
-- lost. createdAt has no offset and means Korean time.
create or replace function core.normalize_toss(
  p_headers jsonb,
  p_payload jsonb,
  p_settings jsonb default '{}'
)
  returns core.canonical_event[]
  language plpgsql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_data jsonb := p_payload -> 'data';
  v_status text := upper(v_data ->> 'status');
  v_event core.canonical_event;
  v_money record;
  v_is_paid boolean;
begin
  v_event.provider := 'toss';
  v_event.event_type := p_payload ->> 'eventType';
  v_event.kind := 'none';
  v_event.payload := p_payload;
  v_event.customer_key := v_data ->> 'customerKey';
  if v_event.event_type = 'CANCEL_STATUS_CHANGED' and not v_data ? 'paymentKey' then
    -- The bare Cancel object: neither payment nor currency. The payment's own state tells it too.
    v_event.object_id := core.read_id(v_data -> 'transactionKey', 'data.transactionKey');
    v_event.occurred_at := core.read_time(
      coalesce(nullif(v_data -> 'canceledAt', 'null'), p_payload -> 'createdAt'),
      'data.canceledAt', 'Asia/Seoul');
    v_event.dedup_key := concat_ws(
      ':', 'cancel', v_event.object_id, upper(v_data ->> 'cancelStatus'));
    return array[v_event];
  end if;

  if coalesce(v_status, '') = '' then
    perform core.raise_error('missing_field', 'data.status');
  end if;
  v_event.status := lower(v_status);
  v_event.status_rank := case v_status
    when 'CANCELED' then 70
    when 'PARTIAL_CANCELED' then 50
    when 'DONE' then 40
    when 'WAITING_FOR_DEPOSIT' then 20
    when 'ABORTED' then 15
    when 'EXPIRED' then 15
    else 10
  end;
  v_is_paid := v_status in ('DONE', 'PARTIAL_CANCELED')
    or v_status = 'CANCELED' and case
      when v_data ? 'approvedAt' then v_data -> 'approvedAt' <> 'null'
      else v_data ? 'cancels'
    end;
  v_event.occurred_at := core.read_time(
    coalesce(
      case when v_is_paid then nullif(v_data -> 'approvedAt', 'null') end,
      p_payload -> 'createdAt', nullif(v_data -> 'approvedAt', 'null'), v_data -> 'requestedAt'),
    'data.approvedAt', 'Asia/Seoul');
  if v_event.event_type = 'DEPOSIT_CALLBACK' and not v_data ? 'paymentKey' then
    -- As Toss sends it, unconfirmed: no payment, no amount. What is known is the order's state.
    v_event.object_id := core.read_id(v_data -> 'orderId', 'data.orderId');
    v_event.dedup_key := concat_ws(
      ':', 'deposit', v_event.object_id, v_status, v_data ->> 'transactionKey');
    return array[v_event];
  end if;

  v_event.object_id := core.read_id(v_data -> 'paymentKey', 'data.paymentKey');
  v_event.session_id := v_data #>> '{metadata,session_id}';
  v_event.utm_source := v_data #>> '{metadata,utm_source}';
  v_event.utm_medium := v_data #>> '{metadata,utm_medium}';
  v_event.utm_campaign := v_data #>> '{metadata,utm_campaign}';
  v_event.landing_page := v_data #>> '{metadata,landing_page}';
  v_event.referrer := v_data #>> '{metadata,referrer}';
  if v_is_paid
    or coalesce(v_data ->> 'totalAmount', '') <> '' and coalesce(v_data ->> 'currency', '') <> ''
  then
    v_money := core.read_money(v_data -> 'totalAmount', v_data -> 'currency', 'data.totalAmount');
    v_event.currency := v_money.currency;
    v_event.amount_minor := v_money.amount_minor;
    if v_event.amount_minor < 0 then
      perform core.raise_error('invalid_amount', 'data.totalAmount');
    end if;
  end if;
  v_event.kind := case when v_is_paid and v_event.amount_minor > 0 then 'sale' else 'none' end;
  v_event.dedup_key := case v_event.kind
    when 'sale' then
      concat_ws(':', 'sale', v_event.object_id, v_event.currency, v_event.amount_minor)
    else concat_ws(':', 'state', v_event.object_id, v_status, v_data ->> 'lastTransactionKey')
  end;
  return array[v_event]
    || case when v_is_paid then core.toss_refunds(p_payload, v_event) end;
end
$function$;

comment on function core.normalize_toss(jsonb, jsonb, jsonb) is
$doc$The payment of a redacted Toss webhook and its refunds as canonical events.
Raises: missing_field, invalid_field, invalid_amount, amount_out_of_range, invalid_timestamp,
currency_missing, currency_unknown.$doc$;

select core.build_dispatch();
