-- A provider's statement as rows, in ledger form: signed, in ISO 4217 minor units. A row that
-- cannot be read is returned with its problem, never left out. Kinds that are not booked (fees,
-- payouts) become `other`. An id keeps its plain form: gid://shopify/Order/1 is 1, #1001 is 1001.
-- Rows are told apart by row_key where the provider gives each one an id; else a row that says the
-- same at the same time is the same. Without either, rows add up (partial captures).
create or replace function core.read_statement(p_statement jsonb)
  returns table (
    line integer,
    row_key text,
    kind text,
    object_id text,
    parent_object_id text,
    also_known text[],
    currency text,
    amount_minor bigint,
    stated_at timestamptz,
    problem text
  )
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
  rows 100000
as $function$
  with stated as materialized (
    select
      case when e.value ->> 'line' ~ '^[0-9]+$' and length(e.value ->> 'line') < 10
        then (e.value ->> 'line')::integer
        else e.ordinality::integer end as line,
      e.ordinality,
      jsonb_typeof(e.value) = 'object' as is_object,
      nullif(e.value ->> 'unread', '') as unread,
      nullif(e.value ->> 'row_key', '') as row_key,
      lower(e.value ->> 'kind') as kind,
      nullif(case when left(e.value ->> 'object_id', 1) in ('#', 'g')
        then core.plain_id(e.value ->> 'object_id') else e.value ->> 'object_id' end, '') as id,
      nullif(case when left(e.value ->> 'parent_object_id', 1) in ('#', 'g')
        then core.plain_id(e.value ->> 'parent_object_id')
        else e.value ->> 'parent_object_id' end, '') as parent_id,
      case when jsonb_typeof(e.value -> 'also_known') = 'array' then e.value -> 'also_known' end
        as also_known,
      upper(e.value ->> 'currency') as currency,
      coalesce(e.value ->> 'amount_minor', e.value ->> 'amount') as minor,
      e.value ->> 'amount_decimal' as decimal,
      coalesce(e.value ->> 'reversal', 'false') = 'true' as is_reversal,
      nullif(e.value ->> 'occurred_at', '') as time,
      c.exponent
      from jsonb_array_elements(p_statement) with ordinality as e
      left join core.currencies as c on c.currency = upper(e.value ->> 'currency')
  ),
  checked as materialized (
    select s.*,
      case
        when s.minor ~ '^[+-]?[0-9]+$' and length(s.minor) <= 40 then s.minor::numeric
        when s.minor is null and s.decimal ~ '^[+-]?[0-9]+([.][0-9]+)?$' and length(s.decimal) <= 40
          then s.decimal::numeric * power(10::numeric, s.exponent)
      end as amount,
      case when length(s.time) <= 40
        and s.time ~ ('^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]'
          '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?'
          '(Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])$')
        then case
          when substring(s.time from 9 for 2) <= '28' then s.time::timestamptz
          when substring(s.time from 9 for 2)::integer <= date_part('day',
            (left(s.time, 7) || '-01')::date + interval '1 month' - interval '1 day')
          then s.time::timestamptz
        end
      end as stated_at,
      case
        when s.kind in ('sale', 'refund', 'dispute') then s.kind
        when s.kind in ('fee', 'payout', 'adjustment', 'other') then 'other'
      end as known_kind
      from stated as s
  ),
  judged as materialized (
    select c.*,
      case
        when not c.is_object then 'not_an_object'
        when c.unread is not null then
          case when c.unread ~ '^[a-z][a-z_]*$' and length(c.unread) <= 40
            then c.unread else 'unreadable' end
        when c.known_kind is null then 'kind_unknown'
        when c.currency is null or c.currency = '' then 'currency_missing'
        when c.exponent is null then 'currency_unknown'
        when coalesce(c.minor, c.decimal) is null then 'missing_field'
        when c.amount is null or c.amount <> trunc(c.amount) then 'invalid_amount'
        when abs(c.amount) > 1e15 then 'amount_out_of_range'
        when c.time is not null and c.stated_at is null then 'invalid_timestamp'
        when c.known_kind = 'other' then null
        when c.id is null and (c.known_kind = 'sale' or c.parent_id is null) then 'missing_field'
        when c.id !~ '^[A-Za-z0-9_:./=-]+$' or c.parent_id !~ '^[A-Za-z0-9_:./=-]+$'
          or greatest(length(c.id), length(c.parent_id), length(c.row_key)) > 200
          then 'invalid_field'
      end as problem
      from checked as c
  )
  select
    j.line,
    coalesce('key ' || j.row_key, case when j.stated_at is not null then
      concat_ws(' ', j.known_kind, j.id, 'of', j.parent_id, j.currency, j.amount, j.is_reversal,
        extract(epoch from j.stated_at)) end),
    j.known_kind,
    case when j.problem is null then j.id end,
    case when j.problem is null then j.parent_id end,
    case when j.problem is null and j.also_known is not null then array(
      select core.plain_id(a.name)
        from jsonb_array_elements_text(j.also_known) with ordinality as a (name, ordinal)
       where a.name ~ '^[A-Za-z0-9_:./=#-]+$' and length(a.name) <= 200
       order by a.ordinal
       limit 8) end,
    case when j.exponent is not null then j.currency end,
    case when j.problem is null then case
      when j.known_kind = 'other' then j.amount
      when j.known_kind = 'sale' then case when j.is_reversal then -abs(j.amount) else j.amount end
      else case when j.is_reversal then abs(j.amount) else -abs(j.amount) end
    end end::bigint,
    j.stated_at,
    j.problem
    from judged as j
   order by j.ordinality
$function$;

comment on function core.read_statement(jsonb) is
  'The rows of a statement in ledger form, each with the problem that keeps it from being read';
