"""Every file of tests_pgtap/, each assertion reported by its own name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from thin_api.tests import pgtap
from thin_api.tests.cluster import Cluster, Database

FILES = [path for path in sorted(pgtap.SUITES.rglob("*.sql")) if pgtap.HELPERS not in path.parents]


@pytest.fixture(scope="module")
def tap_database(cluster: Cluster, template: Database) -> Iterator[Database]:
    """A migrated database with pgTAP; each file rolls back what it does."""
    with cluster.created(template.name) as database:
        pgtap.install(database.dsn("superuser"))
        yield database


@pytest.mark.parametrize(
    "file", FILES, ids=[str(file.relative_to(pgtap.SUITES).with_suffix("")) for file in FILES]
)
def test_suite(
    file: Path, cluster: Cluster, tap_database: Database, subtests: pytest.Subtests
) -> None:
    outcome = pgtap.run(cluster.bin_dir / "psql", tap_database.dsn("superuser"), file)
    for assertion in outcome.assertions:
        with subtests.test(msg=assertion.what):
            assert assertion.passed, assertion.diagnostics
    assert outcome.problem is None, outcome.problem
    assert outcome.assertions, "no assertion ran"


GOOD = "1..2\nok 1 - one\nok 2 - two\n"


@pytest.mark.parametrize(
    ("output", "error", "problem"),
    [
        (GOOD, "", None),
        (GOOD, "psql:x.sql:3: ERROR", "psql:x.sql:3: ERROR"),
        ("ok 1 - one\n", "", "0 plans instead of one"),
        ("1..2\nok 1 - one\n", "", "planned 2 assertions, ran 1"),
        ("1..1\nok 2 - one\n", "", "planned 1 assertions, ran 1"),
    ],
)
def test_reading_tap(output: str, error: str, problem: str | None) -> None:
    assert pgtap.read(output, error).problem == problem


def test_failures_and_todos_do_not_pass() -> None:
    outcome = pgtap.read("1..3\nok 1 - a\nnot ok 2 - b\n# why\nok 3 - c # TODO later\n")
    assert [a.passed for a in outcome.assertions] == [True, False, False]
    assert "why" in outcome.assertions[1].diagnostics
