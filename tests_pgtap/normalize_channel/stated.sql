-- A channel that the event states counts where the taxonomy has it; every other word is unmapped.
begin;
select no_plan();

create temp table ids as select tap.tenant() as tenant_id;
select tap.set_tenant(tenant_id) from ids;

select is(
  core.event_channel(i.tenant_id, t.channel_code, 'google', 'cpc', null, null, null, 'standard'),
  case when t.channel_code = 'unattributed' then 'unassigned' else t.channel_code end,
  t.channel_code || ' stated with other tags')
  from ids as i, core.channel_taxonomy as t;
select is(
  core.event_channel(i.tenant_id, t.title, null, null, null, null, null, 'standard'),
  t.channel_code, t.title || ' is understood')
  from ids as i, core.channel_taxonomy as t
 where t.is_assignable;
select is(
  core.event_channel(i.tenant_id, c.channel, c.source, c.medium, null, null, null, 'standard'),
  c.expected, c.name)
  from ids as i, (values
    ('AI Assistant', null, null, 'ai_assistants', 'so is a known other spelling'),
    (' paid-search ', null, null, 'paid_search', 'so are other separators'),
    ('Instore poster', null, null, 'unassigned', 'an unknown word is unassigned'),
    ('Instore poster', 'google', 'cpc', 'unassigned', 'whatever the tags say'),
    ('unattributed', null, null, 'unassigned', 'what attribution alone may give counts as unknown'),
    ('', 'google', 'cpc', 'paid_search', 'an empty channel is none'),
    ('  ', 'google', 'cpc', 'paid_search', 'so is a blank one')
  ) as c (channel, source, medium, expected, name);
select results_eq(
  $$ select n.channel_code, n.decided_by, n.rule_name, n.rule_version
       from ids as i
      cross join (values
        (1, 'email', null, null), (2, 'what', null, null), (3, null, 'google', 'cpc'),
        (4, null, null, null)) as c (step, channel, source, medium)
      cross join lateral core.normalize_channel(
        i.tenant_id, c.channel, c.source, c.medium, null, null, null, 'x') as n
      order by c.step $$,
  $$ values
    ('email', 'event', null, null), ('unassigned', 'nothing', null, null),
    ('paid_search', 'default', '4', 1), ('direct', 'nothing', null, null::integer) $$,
  'it is told what decided, and by which rule of which version');
select throws_ok(
  $$ insert into core.channel_rules
       (tenant_id, rule_name, version, priority, channel_code, sources, valid_from, changed_by)
     select tenant_id, 'x', 1, 1, 'no_such_channel', '{x}', now(), 'x' from ids $$,
  '23503', null, 'a channel that the taxonomy does not have violates a foreign key');
select throws_ok(
  $$ insert into core.default_channel_rules (version, position, channel_code, sources)
     values (9, 1, 'no_such_channel', '{x}') $$,
  '23503', null, 'so it does in the rules for every tenant');
select is_empty(
  $$ select d.version, d.position
       from core.default_channel_rules as d
       join core.channel_taxonomy as t using (channel_code)
      where not t.is_assignable $$,
  'no rule gives a channel that only attribution may give');

select * from finish();
rollback;
