-- Finds for each row of a statement about money what it speaks of in the ledger, whatever its date.
-- unit_id is a ledger entry (by_parent false: the row names it itself) or a sale whose refunds and
-- disputes the row is one of (by_parent true: statements and ledger often name those differently).
-- Names are tried in turn: the ledger's own ids, then what the events of sales call them, then
-- events that nobody verified. What fits two sales is a problem, not a guess.
create or replace function core.place_statement(
  p_tenant_id uuid,
  p_provider text,
  p_statement jsonb
)
  returns table (
    row_no bigint,
    line integer,
    repetitions bigint,
    kind text,
    unit_id text,
    by_parent boolean,
    row_id text,
    currency text,
    amount_minor bigint,
    stated_at timestamptz,
    problem text
  )
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
  set enable_nestloop = off
  set enable_mergejoin = off
  set jit = off
  rows 100000
as $function$
  with stated as materialized (
    select row_number() over () as n, s.* from core.read_statement(p_statement) as s
  ),
  keyed as (
    select s.*,
      first_value(s.n) over w as first_n,
      concat_ws(' ', s.kind, s.object_id, 'of', s.parent_object_id, s.currency, s.amount_minor)
        <> first_value(
          concat_ws(' ', s.kind, s.object_id, 'of', s.parent_object_id, s.currency, s.amount_minor))
          over w as contradicts
      from stated as s
     where s.problem is null and s.row_key is not null
    window w as (partition by s.row_key collate "C" order by s.n)
  ),
  repeated as (
    select k.first_n as n, count(*) as repetitions
      from keyed as k
     where k.n <> k.first_n and not k.contradicts
     group by k.first_n
  ),
  money as materialized (
    select s.n, s.line, coalesce(r.repetitions, 0) as repetitions, s.kind, s.object_id,
      s.parent_object_id, s.also_known, s.currency, s.amount_minor, s.stated_at,
      case when k.contradicts then 'row_key_repeated' else s.problem end as problem
      from stated as s
      left join keyed as k on k.n = s.n
      left join repeated as r on r.n = s.n
     where k.n is null or k.n = k.first_n or k.contradicts
  ),
  ledger as materialized (
    select l.kind, l.object_id, l.parent_object_id, l.event_id
      from core.revenue_ledger as l
     where l.tenant_id = p_tenant_id and l.provider = p_provider
  ),
  named as materialized (  -- the refunds and disputes that a row names itself
    select m.n
      from money as m
      join ledger as l on l.kind = m.kind and l.object_id = m.object_id
     where m.kind in ('refund', 'dispute') and m.problem is null
  ),
  candidates as materialized (
    select m.n, c.name, c.rank
      from money as m
     cross join lateral unnest(
       array[case when m.kind = 'sale' then m.object_id else m.parent_object_id end]
         || m.also_known) with ordinality as c (name, rank)
     where m.problem is null and m.kind <> 'other' and c.name is not null
  ),
  direct as materialized (
    select distinct on (c.n) c.n, c.name as sale_id
      from candidates as c
      join (
        select l.object_id from ledger as l where l.kind = 'sale'
         union
        select l.parent_object_id from ledger as l
      ) as k on k.object_id = c.name
     order by c.n, c.rank
  ),
  unresolved as materialized (
    select c.n, c.name
      from candidates as c
     where not exists (select from direct as d where d.n = c.n)
       and not exists (select from named as x where x.n = c.n)
  ),
  names as materialized (
    select a.name, l.object_id as sale_id, 1 as rank
      from ledger as l
      join core.attribution_events as e on e.tenant_id = p_tenant_id and e.event_id = l.event_id
     cross join lateral unnest(core.sale_names(p_provider, l.object_id, e.payload)) as a (name)
     where l.kind = 'sale' and (select count(*) from unresolved) > 0
     union
    select a.name, coalesce(e.parent_object_id, e.object_id), 2
      from core.attribution_events as e
     cross join lateral unnest(
       core.sale_names(p_provider, e.object_id, e.payload) || e.object_id || e.parent_object_id)
         as a (name)
     where e.tenant_id = p_tenant_id and e.provider = p_provider
       and e.verification = 'unverified' and e.kind in ('sale', 'refund', 'dispute')
       and (select count(*) from unresolved) > 0
  ),
  ranked as (
    select u.n, x.sale_id, x.rank, min(x.rank) over (partition by u.n) as best
      from unresolved as u
      join names as x on x.name = u.name
  ),
  indirect as materialized (
    select r.n, min(r.sale_id) as sale_id, min(r.sale_id) <> max(r.sale_id) as is_ambiguous
      from ranked as r
     where r.rank = r.best
     group by r.n
  )
  select m.n, m.line, m.repetitions, m.kind,
    case
      when m.kind = 'sale' then coalesce(d.sale_id, i.sale_id, m.object_id)
      when x.n is not null then m.object_id
      else coalesce(d.sale_id, i.sale_id, m.parent_object_id, m.object_id)
    end,
    m.kind <> 'sale' and x.n is null
      and coalesce(d.sale_id, i.sale_id, m.parent_object_id) is not null,
    m.object_id, m.currency, m.amount_minor, m.stated_at,
    case when i.is_ambiguous then 'ambiguous_id' else m.problem end
    from money as m
    left join named as x on x.n = m.n
    left join direct as d on d.n = m.n
    left join indirect as i on i.n = m.n
$function$;

comment on function core.place_statement(uuid, text, jsonb) is
  'The rows of a statement, repeated ones once, with the sale or entry of the ledger each means';
