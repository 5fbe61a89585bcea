"""What the database and the registries hold, against the rules that no type checker sees."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

import tenantry.domain
from tenantry.app.catalogue import PERMISSIONS
from tenantry.app.reactions import REACTIONS
from tenantry.app.web import make_app
from tenantry.app.worker import TASKS
from tenantry.domain.apikeys.model import SCOPES
from tenantry.domain.tenants.defaults import EXPLAINED
from tenantry.domain.tenants.rules import defaults
from tenantry.kernel.db import APP_ROLE, SYSTEM_ROLE
from tenantry.kernel.events import Event
from tenantry.surfaces.kit.openapi import document
from tenantry.surfaces.kit.services import Services
from tenantry.surfaces.kit.setting_sections import SECTIONS
from tools.make_docs import PAGES, declared_permissions

ROOT = Path(__file__).resolve().parents[2]
TOP = ("bench", "docs", "tests", "tools")
# Tables that belong to no tenant: the job library's, the migrations' and the list of the tenants itself.
SHARED = ("alembic_version", "tenants")
TENANT_TABLES = """
    select c.oid::regclass::text as name, c.oid, c.relispartition, c.relrowsecurity, c.relforcerowsecurity
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public'
      and c.relkind in ('r', 'p')
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
    order by 1
"""


@pytest.fixture
def owner(own_database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(own_database, autocommit=True) as conn:
        yield conn


def test_every_table_with_a_tenant_forces_row_level_security(owner: psycopg.Connection) -> None:
    tables = owner.execute(TENANT_TABLES).fetchall()
    assert len(tables) > 10
    assert [name for name, _, _, enabled, forced in tables if not (enabled and forced)] == []


def test_every_table_with_a_tenant_shows_the_application_only_its_own_rows(owner: psycopg.Connection) -> None:
    tables = [(name, oid) for name, oid, partition, _, _ in owner.execute(TENANT_TABLES) if not partition]
    for name, oid in tables:
        policies = owner.execute(
            """
            select pg_get_expr(p.polqual, p.polrelid)
            from pg_policy p
            where p.polrelid = %s
              and (p.polroles = '{0}' or (select oid from pg_roles where rolname = %s) = any(p.polroles))
            """,
            [oid, APP_ROLE],
        ).fetchall()
        assert policies == [("(tenant_id = current_tenant())",)], name


def test_the_application_reaches_no_partition_past_its_parent(owner: psycopg.Connection) -> None:
    granted = owner.execute(
        """
        select c.oid::regclass::text
        from pg_class c
        where c.relispartition
          and (has_table_privilege(%(role)s, c.oid, 'select') or has_table_privilege(%(role)s, c.oid, 'insert'))
        """,
        {"role": APP_ROLE},
    ).fetchall()
    assert granted == []


def test_every_table_without_a_tenant_is_known_to_be_shared(owner: psycopg.Connection) -> None:
    names = {
        name
        for (name,) in owner.execute(
            """
            select c.relname
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = 'public'
              and c.relkind in ('r', 'p')
              and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')
            """
        )
        if not name.startswith("procrastinate_")
    }
    assert names == set(SHARED)


def test_every_index_of_a_table_with_a_tenant_begins_with_the_tenant(owner: psycopg.Connection) -> None:
    wrong = owner.execute(
        f"""
        with tenant_tables as ({TENANT_TABLES})
        select i.indexrelid::regclass::text
        from pg_index i
        join tenant_tables t on t.oid = i.indrelid
        where i.indkey[0] <> (
            select a.attnum from pg_attribute a where a.attrelid = i.indrelid and a.attname = 'tenant_id')
        """
    ).fetchall()
    assert wrong == []


def test_every_table_with_a_tenant_has_a_primary_key(owner: psycopg.Connection) -> None:
    without = owner.execute(
        f"""
        with tenant_tables as ({TENANT_TABLES})
        select t.oid::regclass::text
        from tenant_tables t
        where not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)
        """
    ).fetchall()
    assert without == []


@pytest.mark.parametrize("role", [APP_ROLE, SYSTEM_ROLE])
def test_a_login_role_owns_no_table_and_can_become_nobody_else(owner: psycopg.Connection, role: str) -> None:
    row = owner.execute(
        """
        select r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolinherit,
               exists (select from pg_class c where c.relowner = r.oid and c.relkind in ('r', 'p')),
               exists (select from pg_auth_members m where m.member = r.oid)
        from pg_roles r
        where r.rolname = %s
        """,
        [role],
    ).fetchone()
    assert row == (False,) * 7


def test_the_application_may_run_no_function_that_sees_past_the_policies_unless_it_is_listed(
    owner: psycopg.Connection,
) -> None:
    definers = {
        name
        for (name,) in owner.execute(
            """
            select p.proname
            from pg_proc p
            join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'public'
              and p.prosecdef
              and has_function_privilege(%s, p.oid, 'execute')
            """,
            [APP_ROLE],
        )
    }
    assert definers == {
        "find_user_ids",
        "find_user_ids_by_prefix",
        "open_by_key",
        "open_by_session",
        "open_tenant",
        "procrastinate_defer_jobs_v1",
    }


def test_a_function_that_sees_past_the_policies_looks_for_nothing_among_temporary_tables_first(
    owner: psycopg.Connection,
) -> None:
    """Unless pg_temp is named last it is searched first (CREATE FUNCTION, "Writing SECURITY DEFINER Functions Safely")."""
    unsafe = owner.execute(
        """
        select p.proname
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'public'
          and p.prosecdef
          and not coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, public, pg_temp']
        """
    ).fetchall()
    assert unsafe == []


def _modules(name: str) -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(tenantry.domain.__path__, "tenantry.domain."):
        if module.name.rsplit(".", 1)[-1] == name:
            yield importlib.import_module(module.name)


def test_every_event_has_its_line_in_the_table_of_reactions() -> None:
    declared = {
        value
        for module in _modules("events")
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Event) and value.type
    }
    assert {event.__name__ for event in declared - REACTIONS.keys()} == set()
    assert {event.__name__ for event in REACTIONS.keys() - declared} == set()


def test_no_two_events_have_the_same_name() -> None:
    names = [event.type for event in REACTIONS]
    assert sorted(names) == sorted(set(names))


def test_every_reaction_is_a_task_that_somebody_runs() -> None:
    tasks = {task.name for task in TASKS}
    assert {reaction.task for reactions in REACTIONS.values() for reaction in reactions} <= tasks


def test_every_permission_that_can_be_given_is_in_the_catalogue() -> None:
    in_modules = {p.name for module in _modules("permissions") for p in getattr(module, "ALL", ())}
    assert {permission.name for permission in PERMISSIONS} == in_modules


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_up_to_date(page: str) -> None:
    path, make = PAGES[page]
    assert path.read_text(encoding="utf-8") == make(), "run: make docs"


def test_every_setting_of_a_tenant_is_explained_with_the_source_of_its_default() -> None:
    settings = {f"{section}.{key}" for section, kind in SECTIONS.items() for key in defaults(kind)}
    assert settings == set(EXPLAINED)
    assert [key for key, told in EXPLAINED.items() if not (told.meaning and told.source)] == []


def test_every_permission_is_in_the_docs() -> None:
    page = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
    assert [name for name in declared_permissions() if f"`{name}`" not in page] == []


def test_scopes_of_api_keys_name_only_permissions_that_can_be_given() -> None:
    known = {permission.name for permission in PERMISSIONS} | {"*"}
    assert {name for names in SCOPES.values() for name in names} - known == set()


def test_the_reading_scope_reads_everything_and_changes_nothing() -> None:
    reads = {permission.name for permission in PERMISSIONS if permission.name.endswith(":read")}
    assert SCOPES["admin:read"] == reads


def test_the_map_of_the_architecture_names_every_folder() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = {path.parent.relative_to(ROOT / "src") for path in (ROOT / "src").rglob("*.py")}
    names = {folder.name for folder in folders} | {name for name in TOP if (ROOT / name).is_dir()}
    # The revisions are a matter of the migrations alone.
    names.discard("versions")
    assert [name for name in sorted(names) if not re.search(rf"\b{re.escape(name)}\b", text)] == []


def test_every_route_of_the_api_is_in_the_document(services: Services) -> None:
    app = make_app(services.settings)
    paths = document(app)["paths"]
    routes = [(method, path) for method, path in _routes(app) if "/api/" in path]
    assert len(routes) > 20
    assert [f"{method} {path}" for method, path in routes if method.lower() not in paths.get(path, {})] == []


def _routes(app: Litestar) -> Iterator[tuple[str, str]]:
    """Method and path of every route, the path as an OpenAPI document writes it."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            for handler in route.route_handlers:
                yield from (
                    (str(method), path)
                    for method in handler.http_methods
                    if method not in ("OPTIONS", "HEAD")
                )
