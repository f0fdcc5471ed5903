-- A pseudonym joins what belongs to one person within a tenant and nothing across tenants.
begin;
select plan(18);

create temp table keys as
select
  array[core.hmac_pad('key of a test', 54), core.hmac_pad('key of a test', 92)] as pads,
  array[core.hmac_pad('another key', 54), core.hmac_pad('another key', 92)] as other_pads;

select is(core.pseudonymise(k.pads, c.value), c.expected, c.name)
from keys as k, (values
  (null, null, 'nothing has no pseudonym'),
  ('', null, 'an empty value has none'),
  ('   ', null, 'blanks have none'),
  ('abc', '~587b0c006d3d555662e56dbe6933e458', 'a value becomes ~ and 32 digits of its keyed hash'),
  ('  abc ', '~587b0c006d3d555662e56dbe6933e458', 'blanks around a value do not matter'),
  ('someone@example.com', '~2441eb1ac6cb129304e843d07c39a68a', 'a mail address'),
  ('Someone@Example.COM', '~2441eb1ac6cb129304e843d07c39a68a', 'the case of a mail address does not matter'),
  (' SOMEONE@example.com ', '~2441eb1ac6cb129304e843d07c39a68a', 'nor do blanks around it'),
  ('12125550143', '~61096b7b8a518d6c7f16adf024388bd2', 'a telephone number'),
  ('+1 (212) 555-0143', '~61096b7b8a518d6c7f16adf024388bd2', 'the way a telephone number is written does not matter'),
  ('+1.212.555.0143', '~61096b7b8a518d6c7f16adf024388bd2', 'nor do points in it'),
  ('~587b0c006d3d555662e56dbe6933e458', '~587b0c006d3d555662e56dbe6933e458', 'a pseudonym stays as it is')
) as c (value, expected, name);

select isnt(
  core.pseudonymise(k.pads, 'ABC'), core.pseudonymise(k.pads, 'abc'), 'the case of an id does matter'
)
from keys as k;
select isnt(
  core.pseudonymise(k.other_pads, 'abc'), core.pseudonymise(k.pads, 'abc'), 'another key gives another pseudonym'
)
from keys as k;
select is(
  core.pseudonymise(null, 'abc'), null, 'without a key there is no pseudonym, and never the value itself'
);
select isnt(
  core.pseudonymise(k.pads, '~someone@example.com, 1 Main St. '), '~someone@example.com, 1 Main St. ',
  'a value that only begins like a pseudonym is replaced'
)
from keys as k;
select isnt(
  core.pseudonymise(k.pads, '~' || rpad('Jane Doe of Springfield', 32, '.')),
  '~' || rpad('Jane Doe of Springfield', 32, '.'),
  'a value that only has the length of a pseudonym is replaced'
)
from keys as k;

create temp table tenants as
select t.tenant_id, t.tenant_id::text as name from (select api.create_tenant('One') union all select api.create_tenant('Two')) as t (tenant_id);
create temp table pads (tenant_id uuid, hmac_pads bytea[]);
do $$
declare
  v_tenant_id uuid;
begin
  for v_tenant_id in select tenant_id from tenants loop
    perform set_config('app.current_tenant_id', v_tenant_id::text, true);
    insert into pads
    select tenant_id, array[hmac_inner_pad, hmac_outer_pad] from core.tenants where tenant_id = v_tenant_id;
  end loop;
end
$$;
select is(
  (select count(distinct core.pseudonymise(p.hmac_pads, 'someone@example.com')) from pads as p),
  2::bigint,
  'two tenants know the same person under two pseudonyms'
);

select * from finish();
rollback;
