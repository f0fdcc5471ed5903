"""Model calls per second, reserved and settled: one hot tenant, and many.

Each call is two transactions, by pgbench over several connections against a throwaway server with
fsync and synchronous_commit on. One tenant's calls wait for each other's commit; those of many
share commits. Beside it the null benchmark: two commits that only write a row. Afterwards: how the
tables have grown, and how many updates stayed on their page. `python -m load.llm_reservations`
"""

import os

import psycopg
from rich.console import Console
from rich.table import Table

from load import pgbench
from thin_api.embedded import temporary_server
from thin_api.migrate import migrate
from thin_api.pgdata import embedded_binaries
from thin_api.tests.cluster import Cluster

SECONDS = int(os.environ.get("LLM_SECONDS", "8"))
CLIENTS = (1, 8, 32)
TENANTS = 200

SETUP = """
select api.set_llm_price('a-model', 1000000, 1000000);
create table public.spenders as
  select n, t.id from generate_series(1, 200) as n,
    lateral api.create_tenant('tenant ' || n) as t (id);
create unique index on public.spenders (n);
do $$ begin
  perform api.set_llm_budget(
    id, 'all', 'day', 100000000000000000, '{"calls_per_minute": 99999999}') from public.spenders;
end $$;
create table public.nothing (n bigint);
"""
CALL = """
select id from public.spenders where n = {which} \\gset
\\set r random(1, 9000000000000000000)
select action from api.reserve_llm_call(':id', 'r-' || :r, 'a-model', 1000, 500);
select status from api.settle_llm_call(':id', 'r-' || :r, 1000, 400);
"""
SCENARIOS = {
    "null: one insert, one commit (each twice)": "insert into public.nothing values (1);\n" * 2,
    "one tenant": CALL.format(which="1"),
    f"{TENANTS} tenants": f"\\set n random(1, {TENANTS})\n" + CALL.format(which=":n"),
}
GROWTH = """
select c.relname, pg_relation_size(c.oid), s.n_live_tup, s.n_tup_upd, s.n_tup_hot_upd
  from pg_class as c
  join pg_stat_all_tables as s on s.relid = c.oid
 where c.oid in ('core.llm_budget_usage'::regclass, 'core.llm_circuits'::regclass,
   'core.llm_reservations'::regclass, 'core.llm_call_audit'::regclass,
   'core.llm_call_outcomes'::regclass)
 order by c.relname
"""


def main() -> None:
    """Print calls per second by scenario and clients, and what grew."""
    rates = Table("calls per second (reserved and settled)", *(f"{c} clients" for c in CLIENTS))
    growth = Table("table", "bytes", "rows", "updates", "of these HOT")
    bin_dir = embedded_binaries()
    with temporary_server(bin_dir, max_connections="100") as server:
        cluster = Cluster(server.dsn(), server.home, server, bin_dir)
        with cluster.created() as database:
            migrate(database.settings)
            dsn = database.dsn("superuser")
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(SETUP)
            for name, script in SCENARIOS.items():
                figures = [
                    pgbench.run(bin_dir, dsn, script, SECONDS, clients, "-j 2").per_second
                    for clients in CLIENTS
                ]
                rates.add_row(name, *(f"{figure:,.0f}" for figure in figures))
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("select pg_stat_force_next_flush()")
                for row in connection.execute(GROWTH):
                    growth.add_row(*(f"{v:,}" if isinstance(v, int) else str(v) for v in row))
                (wrong,) = connection.execute(
                    "select count(*) from core.llm_budget_usage where reserved_micros < 0"
                ).fetchone() or (None,)
    Console(width=120).print(rates, growth, f"buckets with less than nothing reserved: {wrong}")


if __name__ == "__main__":
    main()
