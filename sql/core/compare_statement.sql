-- Compares the ledger with a statement. Each statement row about money, and each ledger entry that
-- is of the period or that a row means, ends up in exactly one finding.
-- A row that names an entry is compared with it, rows of one object added up. Refunds and disputes
-- known by their sale alone pair off by equal amounts first (so that one of another month does not
-- disturb), then what is left of a sale in the period is compared as a sum.
-- Corrections are Hookledger's own and no provider states them: they are left out.
-- Hash joins only: how many rows a statement has is not known when this is planned, and any other
-- join would be quadratic in them.
create or replace function core.compare_statement(
  p_tenant_id uuid,
  p_provider text,
  p_period tstzrange,
  p_statement jsonb
)
  returns setof core.reconciliation_finding
  language sql
  stable
  security invoker
  set search_path = pg_catalog, pg_temp
  set enable_nestloop = off
  set enable_mergejoin = off
  set jit = off
  rows 100000
as $function$
  with placed as materialized (
    select p.* from core.place_statement(p_tenant_id, p_provider, p_statement) as p
  ),
  stated as materialized (
    select p.*, row_number() over (
        partition by p.kind, p.unit_id collate "C", p.currency, p.amount_minor, p.by_parent
        order by p.stated_at, p.row_no) as n
      from placed as p
     where p.problem is null and p.kind <> 'other' and p.amount_minor <> 0
  ),
  entries as materialized (
    select l.kind, l.object_id, l.parent_object_id, l.currency, l.amount_minor, l.occurred_at,
      l.occurred_at <@ p_period as is_inside, o.unit_id is not null as is_named
      from core.revenue_ledger as l
      left join (
        select distinct s.kind, s.unit_id from stated as s where not s.by_parent
      ) as o on o.kind = l.kind and o.unit_id = l.object_id
     where l.tenant_id = p_tenant_id and l.provider = p_provider and l.kind <> 'correction'
  ),
  pairable as (
    select e.*, row_number() over (
        partition by e.kind, e.parent_object_id, e.currency, e.amount_minor
        order by e.is_inside desc, e.occurred_at, e.object_id) as n
      from entries as e
     where e.kind <> 'sale' and not e.is_named and e.parent_object_id is not null
  ),
  pairs as materialized (
    select s.row_no, p.kind, p.object_id
      from stated as s
      join pairable as p on p.kind = s.kind and p.parent_object_id = s.unit_id
        and p.currency = s.currency and p.amount_minor = s.amount_minor and p.n = s.n
     where s.by_parent
  ),
  shared as materialized (  -- sales with something left on both sides
    select s.kind, s.unit_id
      from stated as s
     where s.by_parent and not exists (select from pairs as p where p.row_no = s.row_no)
    intersect
    select e.kind, e.parent_object_id
      from entries as e
     where e.kind <> 'sale' and e.is_inside and not e.is_named
       and not exists (
         select from pairs as p where p.kind = e.kind and p.object_id = e.object_id)
  ),
  there as (
    select s.kind,
      case
        when not s.by_parent then 'entry ' || s.unit_id
        when p.row_no is not null then 'pair ' || p.object_id
        when h.unit_id is not null then 'rest ' || s.unit_id
        else 'row ' || s.row_no
      end collate "C" as unit,
      s.currency, sum(s.amount_minor)::bigint as amount, count(*) as row_count,
      sum(s.repetitions) as repeated,
      array_agg(s.line order by s.row_no) as lines,
      min(case when s.by_parent then s.row_id else s.unit_id end) as object_id,
      min(case when s.by_parent then s.unit_id end) as parent_id, min(s.stated_at) as stated_at
      from stated as s
      left join pairs as p on p.row_no = s.row_no and s.by_parent
      left join shared as h on h.kind = s.kind and h.unit_id = s.unit_id
     group by 1, 2, 3
  ),
  here as (
    select e.kind,
      case
        when e.is_named or e.kind = 'sale' then 'entry ' || e.object_id
        when p.row_no is not null then 'pair ' || e.object_id
        when h.unit_id is not null then 'rest ' || e.parent_object_id
        else 'entry ' || e.object_id
      end collate "C" as unit,
      e.currency, sum(e.amount_minor)::bigint as amount, count(*) as entry_count,
      min(e.object_id) as object_id, min(e.parent_object_id) as parent_id,
      min(e.occurred_at) as occurred_at, not bool_and(e.is_inside) as is_outside
      from entries as e
      left join pairs as p on p.kind = e.kind and p.object_id = e.object_id
      left join shared as h on h.kind = e.kind and h.unit_id = e.parent_object_id
     where e.is_inside or e.is_named or p.row_no is not null
     group by 1, 2, 3
  ),
  -- One side without its currency on the other: the k-th of each of a unit belong together.
  joined as (
    select coalesce(t.kind, h.kind) as kind, coalesce(t.unit, h.unit) as unit,
      t.currency is null as only_here, h.currency is null as only_there,
      row_number() over (
        partition by coalesce(t.kind, h.kind), coalesce(t.unit, h.unit), t.currency is null,
          h.currency is null
        order by coalesce(t.currency, h.currency)) as k,
      t.currency as there_currency, t.amount as there_minor, t.row_count, t.repeated, t.lines,
      t.object_id as there_id, t.parent_id as there_parent, t.stated_at,
      h.currency as here_currency, h.amount as here_minor, h.entry_count, h.object_id as here_id,
      h.parent_id as here_parent, h.occurred_at, h.is_outside
      from there as t
      full join here as h on h.kind = t.kind and h.unit = t.unit and h.currency = t.currency
  ),
  found as (
    select t.kind, t.there_currency, t.there_minor, t.row_count, t.repeated, t.lines,
      t.there_id, t.there_parent, t.stated_at,
      coalesce(h.here_currency, t.here_currency) as here_currency,
      coalesce(h.here_minor, t.here_minor) as here_minor,
      coalesce(h.entry_count, t.entry_count) as entry_count,
      coalesce(h.here_id, t.here_id) as here_id,
      coalesce(h.here_parent, t.here_parent) as here_parent,
      coalesce(h.occurred_at, t.occurred_at) as occurred_at,
      coalesce(h.is_outside, t.is_outside) as is_outside
      from joined as t
      left join joined as h on t.only_there and h.only_here and h.kind = t.kind
        and h.unit = t.unit and h.k = t.k
     where not t.only_here
     union all
    select h.kind, null, null, 0, 0, '{}', null, null, null, h.here_currency, h.here_minor,
      h.entry_count, h.here_id, h.here_parent, h.occurred_at, h.is_outside
      from joined as h
     where h.only_here and not exists (
       select from joined as t
        where t.only_there and t.kind = h.kind and t.unit = h.unit and t.k = h.k)
  )
  select
    case
      when f.there_currency is null then 'missing_there'
      when f.here_currency is null then
        case when f.there_minor = 0 then 'matched' else 'missing_here' end
      when f.here_currency <> f.there_currency then 'currency_differs'
      when f.here_minor <> f.there_minor then 'amount_differs'
      else 'matched'
    end,
    null, f.kind, coalesce(f.here_id, f.there_id, f.there_parent),
    coalesce(f.here_parent, f.there_parent), f.here_currency, f.here_minor, f.there_currency,
    f.there_minor, coalesce(f.entry_count, 0)::integer, f.row_count::integer, f.repeated::integer,
    f.lines, f.occurred_at, f.stated_at, coalesce(f.is_outside, false)
    from found as f
   union all
  select 'unread', p.problem, p.kind, p.row_id, null, null, null, p.currency, null, 0, 1,
    p.repetitions::integer, array[p.line], null, p.stated_at, false
    from placed as p
   where p.problem is not null
   union all
  select 'other', null, p.kind, null, null, null, null, p.currency, p.amount_minor, 0, 1,
    p.repetitions::integer, array[p.line], null, null, false
    from placed as p
   where p.problem is null and (p.kind = 'other' or p.amount_minor = 0)
$function$;

comment on function core.compare_statement(uuid, text, tstzrange, jsonb) is
  'What comparing the ledger with a statement finds; status other: rows that are not compared';
