-- What may be kept of a body that cannot be redacted by key: its beginning, every letter as x and
-- every digit as #, only the keys of a short list left readable. So its shape can be studied, and
-- no name, address or number survives, however the sender broke it.
create or replace function core.mask_body(p_body bytea)
  returns text
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select string_agg(
    coalesce(
      t.token[1],
      regexp_replace(
        regexp_replace(t.token[2], '[0-9]', '#', 'g'), '[^]# \n[{}":,;.=&_-]', 'x', 'g')),
    '' order by t.ordinal)
  from regexp_matches(
    -- LATIN1 maps every byte but NUL; whatever is not ASCII becomes x below
    left(convert_from(decode(replace(replace(
      regexp_replace(encode(substring(p_body for 2000), 'hex'), '(..)', ' \1', 'g'), ' 00', ' 3f'),
      ' ', ''), 'hex'), 'LATIN1'), 2000),
    ('("(?:id|object|type|data|test|created|created_at|processed_at|currency|amount|amount_received'
      '|amount_refunded|amount_total|amount_paid|total_price|financial_status|order_id|transactions'
      '|payment_intent|charge|invoice|event|email|phone|customer)"[ ]*:)|([^"]+|")'), 'g')
    with ordinality as t (token, ordinal)
$function$;

comment on function core.mask_body(bytea) is
  'The first 2000 bytes of an unreadable body, letters as x, digits as #; a few known keys stay';
