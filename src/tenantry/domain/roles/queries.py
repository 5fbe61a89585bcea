"""Reading roles and permissions: who holds what, directly and through groups. A list is one statement, whatever its length."""

from uuid import UUID

import msgspec

from tenantry.domain.groups.model import Member
from tenantry.domain.roles import permissions
from tenantry.domain.roles.errors import PermissionNotFound, RoleNotFound
from tenantry.domain.roles.model import (
    HeldPermission,
    HeldRole,
    PermissionRow,
    Role,
    RoleRow,
    StoredPermission,
)
from tenantry.domain.users import permissions as users
from tenantry.domain.users.finding import SORTS as USER_SORTS
from tenantry.domain.users.finding import ListOf, find_list_of, named_like
from tenantry.kernel.criteria import Criteria, Fragment, column
from tenantry.kernel.listing import (
    COUNT_BOUND,
    Listing,
    Rows,
    SortBy,
    Within,
    list_rows,
    one_statement,
    with_raw,
)
from tenantry.kernel.permissions import Permission
from tenantry.kernel.slugs import parse_named_ref
from tenantry.kernel.work import ReadWork, Work


class Roles(msgspec.Struct, frozen=True):
    """One page of roles."""

    roles: list[Role]
    page: Rows


class Permissions(msgspec.Struct, frozen=True):
    """One page of permissions."""

    permissions: list[StoredPermission]
    page: Rows


class Holders(msgspec.Struct, frozen=True):
    """One page of the users who hold a role directly."""

    users: list[Member]
    page: Rows


class HeldRoles(msgspec.Struct, frozen=True):
    """One page of the roles of one user or group."""

    roles: list[HeldRole]
    page: Rows


class HeldPermissions(msgspec.Struct, frozen=True):
    """One page of the permissions of one user."""

    permissions: list[HeldPermission]
    page: Rows


def _named_role(text: str) -> Fragment:
    return "strpos(lower(r.name), lower(%s)) > 0 or strpos(r.slug, lower(%s)) > 0", [text, text]


def _named_permission(text: str) -> Fragment:
    return "strpos(lower(p.name), lower(%s)) > 0 or strpos(p.slug, lower(%s)) > 0", [text, text]


ROLE_SORTS = {
    "name": SortBy('lower(r.name) collate "C"', "text"),
    "slug": SortBy("r.slug", "text"),
    "createdAt": SortBy("r.id", "uuid"),
}
PERMISSION_SORTS = {
    "name": SortBy('lower(p.name) collate "C"', "text"),
    "slug": SortBy("p.slug", "text"),
    "createdAt": SortBy("p.id", "uuid"),
}
ROLES = Listing(
    source="roles r",
    id="r.id",
    columns="""
        r.id, r.slug, r.name, r.description, r.is_system, r.created_at, r.updated_at,
        (select count(*)
         from (
            select
            from user_roles ur
            where ur.role_id = r.id
              and ur.user_id not in (select u.id from users u where u.deleted_at is not null)
            /* bound */) counted),
        (select count(*) from group_roles gr where gr.role_id = r.id),
        coalesce((
            select json_agg(json_build_object('slug', p.slug, 'name', p.name) order by p.slug)::text
            from role_permissions rp
            join permissions p on p.id = rp.permission_id
            where rp.role_id = r.id), '[]')""",
    sorts=ROLE_SORTS,
    search=_named_role,
    fields={"isSystem": column("r.is_system")},
)
ROLES_AT_A_GLANCE = msgspec.structs.replace(
    ROLES, columns=ROLES.columns.replace("/* bound */", f"limit {COUNT_BOUND + 1}")
)
PERMISSIONS = Listing(
    source="permissions p",
    id="p.id",
    columns="""
        p.id, p.slug, p.name, p.description, p.category, p.is_system, p.created_at, p.updated_at,
        (select count(*) from role_permissions rp where rp.permission_id = p.id)""",
    sorts=PERMISSION_SORTS,
    search=_named_permission,
    fields={"category": column("p.category"), "isSystem": column("p.is_system")},
)
HOLDERS = Listing(
    source="user_roles ur join users u on u.id = ur.user_id",
    id="u.id",
    columns="u.id, u.email, u.username, u.name, u.blocked, ur.added_at",
    sorts=USER_SORTS,
    search=named_like,
)
OF_USER = Listing(
    source="roles r",
    id="r.id",
    columns="""
        r.id, r.slug, r.name, r.description, r.is_system,
        exists (select from user_roles ur where ur.role_id = r.id and ur.user_id = %s),
        coalesce((
            select json_agg(json_build_object('slug', g.slug, 'name', g.name) order by g.slug)::text
            from group_members m
            join group_roles gr on gr.group_id = m.group_id
            join groups g on g.id = m.group_id
            where m.user_id = %s
              and gr.role_id = r.id), '[]')""",
    sorts=ROLE_SORTS,
    search=_named_role,
)
DIRECT = "r.id in (select ur.role_id from user_roles ur where ur.user_id = %s)"
THROUGH_GROUPS = """r.id in (
    select gr.role_id
    from group_members m
    join group_roles gr on gr.group_id = m.group_id
    where m.user_id = %s)"""
OF_GROUP = Listing(
    source="group_roles gr join roles r on r.id = gr.role_id",
    id="r.id",
    columns="r.id, r.slug, r.name, r.description, r.is_system, true, '[]'",
    sorts=ROLE_SORTS,
    search=_named_role,
)
EFFECTIVE_ROLE_IDS = """
    select ur.role_id
    from user_roles ur
    where ur.user_id = %s
    union
    select gr.role_id
    from group_members m
    join group_roles gr on gr.group_id = m.group_id
    where m.user_id = %s"""
PERMISSIONS_OF_USER = Listing(
    source="permissions p",
    id="p.id",
    columns=f"""
        p.id, p.slug, p.name, p.is_system,
        (select json_agg(json_build_object(
            'slug', r.slug,
            'name', r.name,
            'direct', exists (select from user_roles ur where ur.role_id = r.id and ur.user_id = %s),
            'groups', coalesce((
                select json_agg(g.slug order by g.slug)
                from group_members m
                join group_roles gr on gr.group_id = m.group_id
                join groups g on g.id = m.group_id
                where m.user_id = %s
                  and gr.role_id = r.id), '[]')
            ) order by r.slug)::text
         from role_permissions rp
         join roles r on r.id = rp.role_id
         where rp.permission_id = p.id
           and rp.role_id in ({EFFECTIVE_ROLE_IDS}))""",
    sorts=PERMISSION_SORTS,
    search=_named_permission,
    fields={"category": column("p.category"), "isSystem": column("p.is_system")},
)


async def list_roles(work: ReadWork, criteria: Criteria, *, at_a_glance: bool = False) -> Roles:
    """One page of the tenant's roles. Raises DomainError for an unknown order or a bad cursor.

    With `at_a_glance` holders are counted to COUNT_BOUND + 1 at most: a list that a person looks at need not wait until
    a million are.
    """
    work.require(permissions.READ)
    return await _roles(work, criteria, Within(), ROLES_AT_A_GLANCE if at_a_glance else ROLES)


async def list_roles_with_permission(work: ReadWork, permission_id: UUID, criteria: Criteria) -> Roles:
    """One page of the roles that contain a permission."""
    work.require(permissions.READ)
    condition = "r.id in (select rp.role_id from role_permissions rp where rp.permission_id = %s)"
    return await _roles(work, criteria, Within(condition, [permission_id]))


async def get_role(work: ReadWork, ref: str, *, at_a_glance: bool = False) -> Role:
    """The role with this id or slug, or RoleNotFound. `at_a_glance` counts as in `list_roles`."""
    work.require(permissions.READ)
    wanted = parse_named_ref(ref)
    listing = ROLES_AT_A_GLANCE if at_a_glance else ROLES
    row = await work.db.one(one_statement(listing, "r.id = %s or r.slug = %s"), (wanted.id, wanted.slug))
    if row is None:
        raise RoleNotFound(ref)
    return Role(*with_raw(row))


async def find_role_id(work: ReadWork, ref: str) -> UUID:
    """The id of the role with this id or slug, or RoleNotFound."""
    work.require(permissions.READ)
    wanted = parse_named_ref(ref)
    found: UUID | None = await work.db.value(
        """
        select r.id
        from roles r
        where r.id = %s
           or r.slug = %s
        """,
        (wanted.id, wanted.slug),
    )
    if found is None:
        raise RoleNotFound(ref)
    return found


async def find_holders(work: ReadWork, ref: str, text: str | None) -> ListOf:
    """Whose holders `list_holders` gives: the role with this id or slug, searched for a text or not. Raises RoleNotFound."""
    work.require(permissions.READ)
    work.require(users.READ)
    found = await find_list_of(work, ref, text, "roles", "select from user_roles ur where ur.role_id = o.id")
    if found is None:
        raise RoleNotFound(ref)
    return found


async def get_role_for_change(work: Work, ref: str) -> RoleRow:
    """The role, locked against other writers until the end of this work. Raises RoleNotFound."""
    work.require(permissions.READ)
    wanted = parse_named_ref(ref)
    row = await work.db.one(
        """
        select r.id, r.slug, r.name, r.description, r.is_system, r.updated_at
        from roles r
        where r.id = %s
           or r.slug = %s
        for no key update
        """,
        (wanted.id, wanted.slug),
    )
    if row is None:
        raise RoleNotFound(ref)
    return RoleRow(*row)


async def list_holders(work: ReadWork, of: ListOf, criteria: Criteria) -> Holders:
    """One page of the users who hold the role directly, deleted users aside."""
    work.require(permissions.READ)
    work.require(users.READ)
    # The id stands in the text, so that a plan is made for a role with so many holders and not for one with the usual number.
    within = Within(f"ur.role_id = '{of.id}' and u.deleted_at is null")
    page = await list_rows(work.db, of.narrowed(HOLDERS), criteria, within)
    return Holders([Member(*row) for row in page.rows], page)


async def list_user_roles(work: ReadWork, user_id: UUID, criteria: Criteria, *, effective: bool) -> HeldRoles:
    """One page of a user's roles: the direct ones, or with `effective` also those that come through groups."""
    work.require(permissions.READ)
    condition = f"{DIRECT} or {THROUGH_GROUPS}" if effective else DIRECT
    within = Within(condition, [user_id] * (2 if effective else 1), [user_id, user_id])
    return await _held(work, OF_USER, criteria, within)


async def list_group_roles(work: ReadWork, group_id: UUID, criteria: Criteria) -> HeldRoles:
    """One page of the roles that a group passes on to its members."""
    work.require(permissions.READ)
    return await _held(work, OF_GROUP, criteria, Within("gr.group_id = %s", [group_id]))


async def list_user_permissions(work: ReadWork, user_id: UUID, criteria: Criteria) -> HeldPermissions:
    """One page of what a user may do, and through which roles and groups: direct roles and those of groups together."""
    work.require(permissions.READ)
    condition = f"p.id in (select rp.permission_id from role_permissions rp where rp.role_id in ({EFFECTIVE_ROLE_IDS}))"
    page = await list_rows(
        work.db, PERMISSIONS_OF_USER, criteria, Within(condition, [user_id] * 2, [user_id] * 4)
    )
    return HeldPermissions([HeldPermission(*with_raw(row)) for row in page.rows], page)


async def find_management_permissions(work: ReadWork, user_id: UUID) -> frozenset[str]:
    """What a user may do in the administration, as an Actor carries it; `*` for those who may do everything."""
    work.require(permissions.READ)
    return await _management_permissions(work, user_id)


async def find_power_of(work: ReadWork, user_id: UUID, needed: Permission) -> frozenset[str]:
    """The same for whoever is about to do what `needed` allows: the answer decides whether they may, and is not shown."""
    work.require(needed)
    return await _management_permissions(work, user_id)


async def _management_permissions(work: ReadWork, user_id: UUID) -> frozenset[str]:
    rows = await work.db.all(
        f"""
        select distinct unnest(granted.permissions)
        from role_grants granted
        where granted.role_id in ({EFFECTIVE_ROLE_IDS})
        """,
        (user_id, user_id),
    )
    return frozenset(row[0] for row in rows)


async def list_permissions(work: ReadWork, criteria: Criteria) -> Permissions:
    """One page of the tenant's permissions, system ones and its own."""
    work.require(permissions.READ)
    return await _permissions(work, criteria, Within())


async def list_role_permissions(work: ReadWork, role_id: UUID, criteria: Criteria) -> Permissions:
    """One page of the permissions in a role."""
    work.require(permissions.READ)
    condition = "p.id in (select rp.permission_id from role_permissions rp where rp.role_id = %s)"
    return await _permissions(work, criteria, Within(condition, [role_id]))


async def get_permission(work: ReadWork, ref: str) -> StoredPermission:
    """The permission with this id or slug, or PermissionNotFound."""
    work.require(permissions.READ)
    wanted = parse_named_ref(ref)
    row = await work.db.one(one_statement(PERMISSIONS, "p.id = %s or p.slug = %s"), (wanted.id, wanted.slug))
    if row is None:
        raise PermissionNotFound(ref)
    return StoredPermission(*row)


async def get_permission_for_change(work: Work, ref: str) -> PermissionRow:
    """The permission, locked against other writers until the end of this work. Raises PermissionNotFound."""
    work.require(permissions.READ)
    wanted = parse_named_ref(ref)
    row = await work.db.one(
        """
        select p.id, p.slug, p.name, p.description, p.category, p.is_system, p.updated_at
        from permissions p
        where p.id = %s
           or p.slug = %s
        for no key update
        """,
        (wanted.id, wanted.slug),
    )
    if row is None:
        raise PermissionNotFound(ref)
    return PermissionRow(*row)


async def _roles(work: ReadWork, criteria: Criteria, within: Within, listing: Listing = ROLES) -> Roles:
    page = await list_rows(work.db, listing, criteria, within)
    return Roles([Role(*with_raw(row)) for row in page.rows], page)


async def _held(work: ReadWork, listing: Listing, criteria: Criteria, within: Within) -> HeldRoles:
    page = await list_rows(work.db, listing, criteria, within)
    return HeldRoles([HeldRole(*with_raw(row)) for row in page.rows], page)


async def _permissions(work: ReadWork, criteria: Criteria, within: Within) -> Permissions:
    page = await list_rows(work.db, PERMISSIONS, criteria, within)
    return Permissions([StoredPermission(*row) for row in page.rows], page)
