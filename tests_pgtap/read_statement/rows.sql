-- Each row of a statement: what is read of it, and why it is not.
begin;
select plan(29);

create function pg_temp.read(p_row jsonb, out problem text, out said text) language sql as $$
  select r.problem, concat_ws(' ', r.kind, r.object_id, r.parent_object_id, r.currency, r.amount_minor)
    from core.read_statement(jsonb_build_array(
      case when jsonb_typeof(p_row) = 'object'
        then '{"kind": "sale", "object_id": "a", "currency": "EUR", "amount_minor": 5}' || p_row
        else p_row end)) as r
$$;

select is((pg_temp.read(c.line)).problem, c.problem, c.name) from (values
  ('"text"'::jsonb, 'not_an_object', 'a text is no row'),
  ('null', 'not_an_object', 'nor is null'),
  ('{"unread": "column_missing"}', 'column_missing', 'an importer says why it could not read a row'),
  ('{"unread": "Jane Roe, +1 202"}', 'unreadable', 'in a word, not in a text'),
  ('{"kind": "gift"}', 'kind_unknown', 'an unknown kind'),
  ('{"kind": null}', 'kind_unknown', 'no kind'),
  ('{"object_id": null}', 'missing_field', 'no object'),
  ('{"object_id": "jane.roe@example.com"}', 'invalid_field', 'an object that is no id'),
  ('{"parent_object_id": "two words"}', 'invalid_field', 'a parent that is none'),
  ('{"currency": ""}', 'currency_missing', 'no currency'),
  ('{"currency": "EURO"}', 'currency_unknown', 'an unknown currency'),
  ('{"amount_minor": null}', 'missing_field', 'no amount'),
  ('{"amount_minor": 1.5}', 'invalid_amount', 'half a cent'),
  ('{"amount_minor": "1,000"}', 'invalid_amount', 'an amount with a separator'),
  ('{"amount_minor": null, "amount_decimal": "1.005"}', 'invalid_amount', 'a decimal that is not whole in minor units'),
  ('{"amount_minor": 1000000000000001}', 'amount_out_of_range', 'more than 10^15'),
  ('{"occurred_at": "2026-02-30T00:00:00Z"}', 'invalid_timestamp', 'a day that does not exist'),
  ('{"occurred_at": "2026-03-01T00:00:00"}', 'invalid_timestamp', 'a time without offset is not guessed'),
  ('{"occurred_at": "2026-03-01 00:00+01"}', 'invalid_timestamp', 'nor is half an offset')
) as c (line, problem, name);

select is((pg_temp.read(c.line)).said, c.said, c.name) from (values
  ('{"amount_minor": null, "amount_decimal": "12.30"}'::jsonb, 'sale a EUR 1230', 'decimals become minor units'),
  ('{"amount_minor": null, "amount_decimal": "500", "currency": "jpy"}', 'sale a JPY 500', 'by the currency''s exponent: 0'),
  ('{"amount_minor": null, "amount_decimal": "1.234", "currency": "KWD"}', 'sale a KWD 1234', 'and 3'),
  ('{"amount_minor": null, "amount": "-7"}', 'sale a EUR -7', 'amount is another name of amount_minor'),
  ('{"kind": "Refund"}', 'refund a EUR -5', 'a refund is negative'),
  ('{"kind": "refund", "amount_minor": -5}', 'refund a EUR -5', 'whichever way the statement writes it'),
  ('{"kind": "refund", "reversal": true}', 'refund a EUR 5', 'unless it is taken back'),
  ('{"kind": "refund", "object_id": null, "parent_object_id": "#1001"}', 'refund 1001 EUR -5', 'a refund may be known by its sale'),
  ('{"kind": "payout", "object_id": "any text"}', 'other any text EUR 5', 'what is not compared needs no id')
) as c (line, said, name);

select is(
  (select array_agg(r.line order by r.line) from core.read_statement('[{"line": 7}, {}, {"line": "x"}]') as r),
  array[2, 3, 7], 'a row has its own line or else its position');

select * from finish();
rollback;
