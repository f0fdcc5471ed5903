-- Replays dead letters in one transaction: those least often tried first, so that what always fails
-- never keeps the others waiting. Bounded by p_limit, so its locks are held for a moment only; who
-- has more to replay calls again (hookledger dlq replay does, at a rate). What another operator or
-- a redelivery holds is skipped, never waited for.
-- A request key is taken before anything is done: a second call under it waits for the first one's
-- end and returns its result, whatever it would do by then.
-- Locks: the request key, then for each row those of core.replay_dead_event.
create or replace function api.replay_dead_events(
  p_tenant_id uuid,
  p_filter jsonb default '{}',
  p_limit integer default 100,
  p_dry_run boolean default false,
  p_request_key text default null,
  out matched bigint,
  out replayed bigint,
  out skipped bigint,
  out failed bigint,
  out first_error text
)
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_limit integer := coalesce(p_limit, 100);
  v_filter core.replay_filter;
  v_sha256 bytea;
  v_known core.replay_requests;
  v_matching uuid[];
  v_dead_event_id uuid;
  v_outcome core.replay_outcome;
begin
  perform core.set_tenant(p_tenant_id);
  perform core.check_tenant_exists(p_tenant_id);
  v_filter := core.read_replay_filter(p_filter);
  if v_limit not between 1 and 1000 then
    perform core.raise_error('invalid_limit');
  elsif p_request_key !~ '^[!-~]{1,200}$' or core.mask_text(p_request_key) <> p_request_key then
    perform core.raise_error('invalid_request_key');
  elsif current_setting('transaction_isolation') = 'repeatable read' then
    perform core.raise_error('wrong_isolation');
  end if;
  replayed := 0;
  skipped := 0;
  failed := 0;
  if p_dry_run then
    matched := cardinality(core.match_dead_events(p_tenant_id, v_filter));
    return;
  end if;

  if p_request_key is not null then
    v_sha256 := sha256(convert_to(v_limit || ' ' || p_filter::text, 'UTF8'));
    insert into core.replay_requests (
      tenant_id, request_key, request_sha256, requested_at, requested_by)
    values (p_tenant_id, p_request_key, v_sha256, v_now, session_user)
    on conflict (tenant_id, request_key) do nothing;
    if not found then
      select r.* into strict v_known
        from core.replay_requests as r
       where r.tenant_id = p_tenant_id and r.request_key = p_request_key;
      if v_known.request_sha256 <> v_sha256 then
        perform core.raise_error('request_key_reused');
      end if;
      matched := v_known.matched;
      replayed := v_known.replayed;
      skipped := v_known.skipped;
      failed := v_known.failed;
      first_error := v_known.first_error;
      return;
    end if;
  end if;

  v_matching := core.match_dead_events(p_tenant_id, v_filter);
  matched := cardinality(v_matching);
  foreach v_dead_event_id in array v_matching loop
    exit when replayed + failed >= v_limit or skipped >= 1000;
    v_outcome := core.replay_dead_event(p_tenant_id, v_dead_event_id,
      v_filter.dead_event_ids is not null or v_filter.reason is not null, p_request_key);
    case v_outcome.outcome
      when 'replayed' then replayed := replayed + 1;
      when 'skipped' then skipped := skipped + 1;
      else
        failed := failed + 1;
        first_error := coalesce(first_error, v_outcome.reason);
    end case;
  end loop;
  perform core.schedule_retries(p_tenant_id);
  update core.replay_requests as r
     set matched = replay_dead_events.matched,
         replayed = replay_dead_events.replayed,
         skipped = replay_dead_events.skipped,
         failed = replay_dead_events.failed,
         first_error = replay_dead_events.first_error
   where r.tenant_id = p_tenant_id and r.request_key = p_request_key;
end
$function$;

comment on function api.replay_dead_events(uuid, jsonb, integer, boolean, text) is
$doc$Takes dead letters through ingestion again, under their receipts; tells what came of it.
p_filter: dead_event_ids, provider, topic, reason, status, received_from, received_to (arrival; an
offset is needed), all of them optional; without status or ids what is open or retrying.
delivery_id_conflict and topic_mismatch are only replayed when ids or that reason are named.
p_limit: 1 to 1000 rows tried in this one transaction. p_dry_run: count, change nothing.
p_request_key: the same key again changes nothing and returns the first result; null: always runs.
matched: all that match, whatever the limit; replayed: resolved; failed: tried and still dead;
skipped: in work elsewhere, closed, or not named; first_error: the reason of the first failed row.
Raises: HL002 unknown_tenant, HL009 wrong_isolation, HL061 invalid_filter, HL062 invalid_limit,
HL063 invalid_request_key, HL064 request_key_reused.
Example: select * from api.replay_dead_events(
  :tenant, '{"reason": "currency_unknown"}', 100, false, 'new-currency-1');$doc$;

revoke all on function api.replay_dead_events(uuid, jsonb, integer, boolean, text) from public;
grant execute on function api.replay_dead_events(uuid, jsonb, integer, boolean, text)
  to hookledger_dba;
