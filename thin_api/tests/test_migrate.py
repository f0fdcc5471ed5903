"""Migrations: twice is once, up is down is up, upgraded is fresh, and drift is named."""

import re
import subprocess
import sys
from pathlib import Path

import alembic.command
import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from thin_api import database, drift, migrate, sqltree
from thin_api.embedded import temporary_server
from thin_api.revisions import head_revision
from thin_api.settings import LOGIN_ROLES, ConfigurationError, Settings
from thin_api.tests.cluster import Cluster, Database

REVISIONS = [
    script.revision
    for script in reversed(
        list(ScriptDirectory.from_config(migrate.alembic_config()).walk_revisions())
    )
]


# pg_dump's random marks, SQL comments, and the version that PostgreSQL 15.20 keeps in each column's
# options: its own pg_dump hides that, a newer one used with it does not.
NOISE = re.compile(
    r"^(\\(un)?restrict .*|--.*|ALTER TABLE .* SET \(pg_attver=\d+\);)$", re.MULTILINE
)


def dump(cluster: Cluster, dsn: str) -> str:
    """Return the schema as pg_dump writes it, without what differs each time."""
    command: list[str] = [str(cluster.bin_dir / "pg_dump"), "--schema-only", dsn]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return NOISE.sub("", text)


def alembic_to(dsn: str, target: str, *, down: bool = False) -> None:
    """Move to a revision, as `alembic` on the command line would."""
    with migrate.transaction(dsn) as connection:
        config = migrate.alembic_config(connection)
        (alembic.command.downgrade if down else alembic.command.upgrade)(config, target)


def test_a_second_run_changes_nothing(cluster: Cluster, fresh_database: Database) -> None:
    dsn = fresh_database.dsn("superuser")
    before = dump(cluster, dsn)
    report = migrate.migrate(fresh_database.settings)
    assert not report, report
    assert dump(cluster, dsn) == before


def test_applying_every_file_again_changes_nothing(
    cluster: Cluster, fresh_database: Database
) -> None:
    dsn = fresh_database.dsn("superuser")
    before = dump(cluster, dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("delete from core.sql_files")
    report = migrate.migrate_database(dsn)
    assert report.applied == [file.path for file in sqltree.sql_files()]
    assert dump(cluster, dsn) == before


def test_an_upgraded_database_is_a_fresh_one(cluster: Cluster, template: Database) -> None:
    with cluster.created() as upgraded:
        dsn = upgraded.dsn("superuser")
        for revision in REVISIONS:
            alembic_to(dsn, revision)
        migrate.migrate_database(dsn)
        assert dump(cluster, dsn) == dump(cluster, template.dsn("superuser"))
        assert drift.find_drift(dsn) == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_revision_goes_up_down_up(
    cluster: Cluster, fresh_database: Database, template: Database, revision: str
) -> None:
    dsn = fresh_database.dsn("superuser")
    alembic_to(dsn, f"{revision}-1", down=True)
    report = migrate.migrate_database(dsn)
    assert report.revisions == REVISIONS[REVISIONS.index(revision) :]
    assert len(report.applied) == len(sqltree.sql_files())
    assert dump(cluster, dsn) == dump(cluster, template.dsn("superuser"))


@pytest.mark.parametrize("module", ["thin_api.serve", "thin_api.worker"])
def test_what_serves_does_not_import_what_migrates(module: str) -> None:
    code = f"import sys, {module}; sys.exit(bool({{'alembic', 'sqlalchemy'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_health_knows_revision_and_digest(database: Database) -> None:
    with psycopg.connect(database.dsn("shim")) as connection:
        row = connection.execute("select api.health()").fetchone()
    assert row is not None
    assert row[0]["revision"] == head_revision() == REVISIONS[-1]
    assert row[0]["sql_digest"] == sqltree.digest(sqltree.sql_files())


def test_a_changed_and_a_removed_file(fresh_database: Database) -> None:
    dsn = fresh_database.dsn("superuser")
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "update core.sql_files set sha256 = sha256('') where path = 'api/health.sql'"
        )
        connection.execute(
            "insert into core.sql_files (path, sha256) values ('api/gone.sql', sha256(''))"
        )
    report = migrate.migrate_database(dsn)
    assert (report.applied, report.forgotten) == (["api/health.sql"], ["api/gone.sql"])
    assert not migrate.migrate_database(dsn)


def test_a_newer_database_is_refused(fresh_database: Database) -> None:
    dsn = fresh_database.dsn("superuser")
    with psycopg.connect(dsn) as connection:
        connection.execute("update core.alembic_version set version_num = '9999'")
    with pytest.raises(ConfigurationError, match="newer checkout"):
        migrate.migrate_database(dsn)


def test_drift_is_named(fresh_database: Database) -> None:
    dsn = fresh_database.dsn("superuser")
    assert drift.find_drift(dsn) == []
    with psycopg.connect(dsn) as connection:
        connection.execute("grant select on core.tenants to hookledger_shim")
        connection.execute("comment on function api.health() is 'changed'")
        connection.execute("alter function api.health() set work_mem = '64MB'")
        connection.execute("create table core.extra (id int)")
        connection.execute("drop view api.revenue")
        connection.execute("alter table core.tenants no force row level security")
        connection.execute("alter table core.tenants disable trigger user")
    named = {(d.kind, d.object) for d in drift.find_drift(dsn)}
    assert {
        ("different", "table core.tenants"),
        ("different", "function api.health()"),
        ("unexpected", "table core.extra"),
        ("missing", "view api.revenue"),
    } <= named
    lines = {d.object: d.lines for d in drift.find_drift(dsn)}
    assert "+grant: SELECT to hookledger_shim" in lines["table core.tenants"]
    assert "+comment: changed" in lines["function api.health()"]


def test_drift_of_nothing_says_what_to_do_first(cluster: Cluster) -> None:
    with cluster.created() as empty, pytest.raises(ConfigurationError, match="make migrate"):
        drift.find_drift(empty.dsn("superuser"))


def test_two_migrators_wait_for_each_other(cluster: Cluster) -> None:
    with cluster.created() as empty:
        environment = empty.environment
        command = [str(Path(sys.executable).with_name("hookledger")), "migrate"]
        both = [
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        outputs = [process.communicate(timeout=60)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert sum("nothing to do" in output for output in outputs) == 1


def test_an_error_names_file_and_line(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = sqltree.SqlFile("api/broken.sql", "select 1;\nselect 'a%' :: text;\nselekt 1;\n")
    monkeypatch.setattr(migrate, "sql_files", lambda: [*sqltree.sql_files(), broken])
    with pytest.raises(ConfigurationError, match=r"sql/api/broken\.sql:3: syntax error"):
        migrate.migrate_database(fresh_database.dsn("superuser"))
    monkeypatch.undo()
    assert not migrate.migrate_database(fresh_database.dsn("superuser"))  # all was rolled back


@pytest.mark.parametrize("role", ["owner", "shim", "worker", "dba"])
def test_each_role_logs_in_as_itself(fresh_database: Database, role: database.Role) -> None:
    with psycopg.connect(fresh_database.dsn(role)) as connection:
        row = connection.execute("select current_user").fetchone()
    assert row == (database.role_name(role),)


def test_a_wrong_password_is_set_right(fresh_database: Database) -> None:
    with psycopg.connect(fresh_database.dsn("superuser")) as connection:
        connection.execute("alter role hookledger_worker password null")
    assert migrate.migrate(fresh_database.settings).passwords == ["hookledger_worker"]
    psycopg.connect(fresh_database.dsn("worker")).close()


def test_a_migrator_without_superuser(cluster: Cluster, tmp_path: Path) -> None:
    """CREATEROLE, CREATEDB and a database of its own are enough, on 15 and on 16+ rules."""
    with temporary_server(cluster.bin_dir) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create role boss login createrole createdb password 'pw'")
            connection.execute("create database ledger owner boss template template0")
        url = database.to_uri({**conninfo_to_dict(server.dsn("ledger", "boss")), "password": "pw"})
        settings = Settings(database_url=SecretStr(url), data_dir=tmp_path)
        assert migrate.migrate(settings).passwords
        assert not migrate.migrate(settings)
        assert drift.find_drift(url) == []
        for role in LOGIN_ROLES:
            psycopg.connect(database.dsn(role, settings)).close()
        with psycopg.connect(database.dsn("owner", settings)) as connection:
            assert connection.execute("select current_user").fetchone() == ("hookledger_owner",)


def test_the_clear_password_never_reaches_the_server_log(cluster: Cluster, tmp_path: Path) -> None:
    with temporary_server(cluster.bin_dir, log_statement="all") as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create database ledger template template0")
        settings = Settings(database_url=SecretStr(server.dsn("ledger")), data_dir=tmp_path)
        migrate.migrate(settings)
        log = server.log_path.read_text()
        for role in LOGIN_ROLES:
            password = conninfo_to_dict(database.dsn(role, settings))["password"]
            assert isinstance(password, str)
            assert password not in log
        assert "SCRAM-SHA-256$" in log


def test_configured_passwords_need_no_data_directory(
    fresh_database: Database, tmp_path: Path
) -> None:
    """A container with a read-only file system has its secrets from files."""
    given = {f"{role}_password": SecretStr(f"given-{role}") for role in LOGIN_ROLES}
    (tmp_path / "in the way").write_text("")
    settings = fresh_database.settings.model_copy(
        update={**given, "data_dir": tmp_path / "in the way"}
    )
    roles = [database.role_name(role) for role in LOGIN_ROLES]
    try:
        assert migrate.migrate(settings).passwords == roles
        psycopg.connect(database.dsn("shim", settings)).close()
    finally:  # roles belong to the whole server: the other tests log in too
        assert migrate.migrate(fresh_database.settings).passwords == roles
