-- A granted call, locked: its budgets may be gone, so their locks alone would not do.
-- Locks: the row of core.llm_reservations, until the transaction ends.
create or replace function core.lock_llm_reservation(p_tenant_id uuid, p_request_id text)
  returns core.llm_reservations
  language plpgsql
  volatile
  security invoker
  set search_path = pg_catalog, pg_temp
as $function$
declare
  v_call core.llm_reservations;
begin
  select r.* into v_call
    from core.llm_reservations as r
   where r.tenant_id = p_tenant_id and r.request_id = p_request_id
     for update;
  if not found then
    perform core.raise_error('unknown_llm_request', format('tenant_id %s', p_tenant_id));
  end if;
  return v_call;
end
$function$;

comment on function core.lock_llm_reservation(uuid, text) is
  'Locks a granted call by its request id; HL076 where there is none';
