"""Reading API keys, never the keys themselves."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from tenantry.domain.apikeys import permissions
from tenantry.domain.apikeys.errors import KeyNotFound
from tenantry.domain.apikeys.model import COLUMNS, ApiKey, Maker
from tenantry.domain.users import permissions as users
from tenantry.kernel.criteria import Criteria, Fragment
from tenantry.kernel.listing import Listing, Rows, SortBy, list_rows, one_statement
from tenantry.kernel.work import ReadWork


class ApiKeys(msgspec.Struct, frozen=True):
    """One page of keys."""

    keys: list[ApiKey]
    page: Rows


def _named(text: str) -> Fragment:
    return "strpos(lower(k.name), lower(%s)) > 0 or strpos(k.hint, %s) > 0", [text, text]


KEYS = Listing(
    source="api_keys k",
    id="k.id",
    columns=COLUMNS,
    sorts={"name": SortBy('lower(k.name) collate "C"', "text"), "createdAt": SortBy("k.id", "uuid")},
    search=_named,
)


async def list_api_keys(work: ReadWork, criteria: Criteria) -> ApiKeys:
    """One page of the tenant's keys, expired and revoked ones as well. Raises DomainError for a bad order or cursor."""
    work.require(permissions.READ)
    page = await list_rows(work.db, KEYS, criteria)
    return ApiKeys([ApiKey(*row) for row in page.rows], page)


async def get_api_key(work: ReadWork, ref: str) -> ApiKey:
    """The key with this id, or KeyNotFound."""
    work.require(permissions.READ)
    row = await work.db.one(one_statement(KEYS, "k.id = %s"), (parse_key_id(ref),))
    if row is None:
        raise KeyNotFound(ref)
    return ApiKey(*row)


async def find_makers(work: ReadWork, keys: Sequence[ApiKey]) -> dict[UUID, Maker]:
    """Who made these keys, by id: people by name, as far as the actor may see users, and keys by theirs."""
    work.require(permissions.READ)
    ids = {key.created_by for key in keys if key.created_by is not None}
    if not ids:
        return {}
    rows = await work.db.all(
        """
        select u.id, 'user', case when %(seen)s then coalesce(u.name, u.email, u.username) end
        from users u
        where u.id = any (%(ids)s)
        union all
        select k.id, 'api_key', k.name
        from api_keys k
        where k.id = any (%(ids)s)
        """,
        {"ids": list(ids), "seen": work.actor.may(users.READ)},
    )
    return {row[0]: Maker(row[1], row[2]) for row in rows}


def parse_key_id(text: str) -> UUID:
    """The id of a key as it stands in a path. Raises KeyNotFound for what is no UUID."""
    try:
        return UUID(text)
    except ValueError as error:
        raise KeyNotFound(text) from error
