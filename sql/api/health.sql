-- What a program must know before it works with this database: which revision and which text of
-- sql/ it runs. Owned by the owner; of tenants' data only a number over all of them.
create or replace function api.health()
  returns jsonb
  language sql
  stable
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
  select jsonb_build_object(
    'status', 'ok',
    'revision', (select a.version_num from core.alembic_version as a),
    'sql_digest', (
      select encode(sha256(convert_to(coalesce(string_agg(
          f.path || ' ' || encode(f.sha256, 'hex') || e'\n', ''
          order by f.path collate "C"), ''), 'UTF8')), 'hex')
        from core.sql_files as f),
    'server_version', current_setting('server_version'),
    'llm_circuits_open', core.open_llm_circuits(),
    'now', clock_timestamp()
  )
$function$;

comment on function api.health() is
$doc$Status, schema revision, digest of the applied SQL files, server version and time: one object.
llm_circuits_open: how many spike guards of LLM budgets are open, of all tenants together.
Raises: nothing.
Example: select api.health();$doc$;

revoke all on function api.health() from public;
grant execute on function api.health() to hookledger_shim, hookledger_worker, hookledger_dba;
