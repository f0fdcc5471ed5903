-- Exponential backoff with jitter: one minute after the first failure, then twice as long each
-- time, shortened by up to half at random, so that what failed together does not come back
-- together. Ten attempts, about four to eight hours; then it waits for a person.
create or replace function core.next_attempt_at(
  p_reason text,
  p_attempts integer,
  p_failed_at timestamptz,
  p_jitter double precision
)
  returns timestamptz
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select p_failed_at
      + interval '1 minute' * (2 ^ greatest(p_attempts - 1, 0)) * (1 - p_jitter / 2)
   where core.is_transient(p_reason) and p_attempts < 10
$function$;

comment on function core.next_attempt_at(text, integer, timestamptz, double precision) is
  'When a failure is tried again by itself; null: never. p_jitter: random, 0 to 1';
