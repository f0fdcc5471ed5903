-- Every refusal stands in one catalogue and carries no value of a payload.
begin;
select no_plan();

select is_empty('select reason from core.errors() group by reason having count(*) > 1', 'reasons are unique');
select is_empty('select sqlstate from core.errors() group by sqlstate having count(*) > 1', 'SQLSTATEs are unique');
select is_empty('select sqlstate from core.errors() where sqlstate !~ ''^(HL[0-9]{3}|23514)$''', 'all are of class HL but the guards'' own');
select is_empty('select reason from core.errors() where reason !~ ''^[a-z0-9_]+$''', 'reasons are plain words: they are labels of metrics');
select is_empty('select reason from core.errors() where message is null or message ~ ''%|\$''', 'messages are constant');
select is_empty('select reason from core.errors() where core.is_infrastructure_error(sqlstate)', 'none is a fault of the machine');

select throws_ok(
  format('select core.raise_error(%L, ''detail'')', e.reason), e.sqlstate, e.message, format('%s is raised as %s', e.reason, e.sqlstate)
)
from core.errors() as e
order by e.sqlstate;

select is(
  (select row(d.stage, d.reason, d.sqlstate, d.message, d.detail)::text from core.describe_failure('normalize', c.sqlstate, 'a detail') as d),
  c.expected, c.name
)
from (values
  ('HL111', '(normalize,missing_field,HL111,"a field that the booking needs is missing","a detail")', 'a catalogued failure keeps its detail'),
  ('23514', '(normalize,pii_violation,23514,"personal data outside the paths a provider is known to use","a detail")', 'so does personal data'),
  ('22P02', '(normalize,internal_error,22P02,"processing failed unexpectedly",)', 'of any other the detail goes: it may carry values')
) as c (sqlstate, expected, name);

select * from finish();
rollback;
