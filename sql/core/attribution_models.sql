-- The models there are, in the order in which they are listed. A model is a column of weights in
-- core.weigh_touches; its version changes when its results do.
create or replace function core.attribution_models()
  returns text[]
  language sql
  immutable
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
  select array[
    'first_touch', 'last_touch', 'last_non_direct', 'linear', 'position_based', 'time_decay',
    'markov', 'shapley']
$function$;

comment on function core.attribution_models() is 'The names of the attribution models';
