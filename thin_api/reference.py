"""docs/sql-reference.md: what the database says about itself in comments, grants and types."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row

from thin_api.drift import scratch_database
from thin_api.migrate import migrate_database

Row = dict[str, Any]

HEAD = """\
# SQL reference

Written by `make docs` from the comments and grants in a fresh build of the schema; edit those in
`sql/` and `migrations/`, not this page. Callers use the schema `api`, which is built on `core`.
"""

ROLES = """
select rolname as name, shobj_description(oid, 'pg_authid') as comment,
  case when rolcanlogin then 'login' else 'no login' end as attributes
from pg_roles where rolname like 'hookledger\\_%' order by rolname
"""
SCHEMAS = """
select nspname as name, obj_description(oid, 'pg_namespace') as comment
from pg_namespace where nspname in ('api', 'core') order by nspname
"""
FUNCTIONS = """
select p.oid, p.proname as name, pg_get_function_arguments(p.oid) as arguments,
  pg_get_function_result(p.oid) as result, obj_description(p.oid, 'pg_proc') as comment,
  case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end
    as volatility,
  case when p.prosecdef then 'runs as ' || pg_get_userbyid(p.proowner) else 'runs as its caller' end
    as security,
  array(select pg_get_userbyid(a.grantee) from aclexplode(p.proacl) a
    where a.grantee <> p.proowner and a.grantee <> 0 order by 1) as callers
from pg_proc p where p.pronamespace = %s::regnamespace
  and p.prorettype <> 'trigger'::regtype order by p.proname, arguments
"""
RELATIONS = """
select c.oid, c.relname as name, c.relkind as kind, obj_description(c.oid, 'pg_class') as comment,
  array(select a.privilege_type || ' to ' || pg_get_userbyid(a.grantee)
    from aclexplode(c.relacl) a where a.grantee <> c.relowner and a.grantee <> 0 order by 1)
    as callers
from pg_class c where c.relnamespace = %s::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
order by c.relname
"""
COLUMNS = """
select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as required,
  col_description(attrelid, attnum) as comment
from pg_attribute where attrelid = %s and attnum > 0 and not attisdropped order by attnum
"""
ERRORS = "select sqlstate, reason, message, hint from core.errors() order by sqlstate, reason"


def build_reference(base: str) -> str:
    """Return the page for a fresh build made beside the database `base`."""
    with scratch_database(base) as scratch:
        migrate_database(scratch)
        with psycopg.connect(scratch, row_factory=dict_row) as connection:
            connection.execute("set local search_path = pg_catalog")
            return "\n".join(_page(connection)).rstrip() + "\n"


def _page(connection: psycopg.Connection[Row]) -> Iterator[str]:
    yield HEAD
    yield from _table(
        connection.execute(ROLES).fetchall(), "Roles", "name", "attributes", "comment"
    )
    yield from _table(connection.execute(SCHEMAS).fetchall(), "Schemas", "name", "comment")
    yield "## Functions of `api`\n"
    for function in connection.execute(FUNCTIONS, ["api"]).fetchall():
        yield from _function(function)
    for schema, title in (("api", "Views of `api`"), ("core", "Tables of `core`")):
        yield f"## {title}\n"
        for relation in connection.execute(RELATIONS, [schema]).fetchall():
            columns = connection.execute(COLUMNS, [relation["oid"]]).fetchall()
            yield from _relation(schema, relation, columns)
    internal = connection.execute(FUNCTIONS, ["core"]).fetchall()
    for function in internal:
        function["comment"] = (function["comment"] or "").partition("\n")[0]
    yield from _table(internal, "Functions of `core`", "name", "volatility", "comment")
    errors = connection.execute(ERRORS).fetchall()
    yield from _table(errors, "Errors", "sqlstate", "reason", "message", "hint")


def _function(function: Row) -> Iterator[str]:
    yield f"### api.{function['name']}\n"
    signature = f"api.{function['name']}({function['arguments']})"
    yield f"```sql\n{signature}\n  returns {function['result']}\n```\n"
    text, raises, example = _parts(function["comment"] or "")
    yield f"{text}\n"
    if raises:
        yield f"Raises: {raises}\n"
    if example:
        yield f"Example:\n\n```sql\n{example}\n```\n"
    callers = ", ".join(f"`{caller}`" for caller in function["callers"]) or "nobody"
    yield f"Callers: {callers}. {function['volatility'].capitalize()}, {function['security']}.\n"


def _parts(comment: str) -> tuple[str, str, str]:
    """Split a comment into its text and what follows `Raises:` and `Example:`."""
    pieces = re.split(r"^(Raises|Example):\s*", comment.strip(), flags=re.MULTILINE)
    named = dict(zip(pieces[1::2], (piece.strip() for piece in pieces[2::2]), strict=True))
    return pieces[0].strip(), named.get("Raises", ""), named.get("Example", "")


def _relation(schema: str, relation: Row, columns: list[Row]) -> Iterator[str]:
    yield f"### {schema}.{relation['name']}\n"
    yield f"{relation['comment'] or ''}\n"
    for column in columns:
        column["type"] += "" if column["required"] or relation["kind"] == "v" else ", nullable"
    yield from _table(columns, None, "name", "type", "comment")
    if relation["callers"]:
        yield "Granted: " + ", ".join(f"`{grant}`" for grant in relation["callers"]) + ".\n"


def _table(rows: list[Row], title: str | None, *fields: str) -> Iterator[str]:
    if title:
        yield f"## {title}\n"
    yield f"| {' | '.join(fields)} |\n|{' --- |' * len(fields)}"
    for row in rows:
        yield "| " + " | ".join(_cell(row[field], field) for field in fields) + " |"
    yield ""


def _cell(value: str | None, field: str) -> str:
    text = " ".join((value or "").split()).replace("|", "\\|")
    return f"`{text}`" if field in ("name", "type", "sqlstate", "reason") and text else text
