"""Reading invitations. The state is derived in one place, and never stored."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tenantry.domain.codes import permissions as codes
from tenantry.domain.codes.model import CodeKind, CodeState
from tenantry.domain.codes.queries import check_token
from tenantry.domain.invitations.errors import InvitationNotFound
from tenantry.domain.invitations.model import Guest, Invitation, InvitationRow, InvitationState, SentLink
from tenantry.domain.users import permissions as users
from tenantry.domain.users.fields import email_key
from tenantry.kernel.criteria import Criteria, Field, Fragment, column
from tenantry.kernel.listing import Listing, Rows, SortBy, Within, list_rows, one_statement
from tenantry.kernel.work import ReadWork, Work

# The moment is a parameter, twice where this is compared.
STATE = """
            case
                when i.accepted_at is not null then 'accepted'
                when i.revoked_at is not null then 'revoked'
                when i.expires_at <= %s then 'expired'
                when i.bounced_at is not null then 'bounced'
                when i.opened_at is not null then 'opened'
                when i.sent_at is not null then 'sent'
                else 'pending'
            end"""
COLUMNS = f"""
        i.id, i.email, i.name, i.message, {STATE},
        coalesce((
            select json_agg(json_build_object('slug', r.slug, 'name', r.name) order by r.slug)::text
            from roles r
            where r.id = any (i.role_ids)), '[]'),
        coalesce((
            select json_agg(json_build_object('slug', g.slug, 'name', g.name) order by g.slug)::text
            from groups g
            where g.id = any (i.group_ids)), '[]'),
        i.invited_by, i.invited_label, i.created_at, i.updated_at, nullif(i.expires_at, 'infinity'),
        i.sent_at, i.opened_at, i.accepted_at, i.revoked_at, i.bounced_at, i.bounce_reason, i.sends, i.user_id,
        i.asks[cardinality(i.asks)]"""


class Invitations(msgspec.Struct, frozen=True):
    """One page of invitations."""

    invitations: list[Invitation]
    page: Rows


def _sought(text: str) -> Fragment:
    return "strpos(i.email_key, lower(%s)) > 0 or strpos(lower(coalesce(i.name, '')), lower(%s)) > 0", [
        text,
        text,
    ]


INVITATIONS = Listing(
    source="invitations i",
    id="i.id",
    columns=COLUMNS,
    sorts={
        "createdAt": SortBy("i.id", "uuid"),
        "email": SortBy("i.email_key", "text"),
        "expiresAt": SortBy("i.expires_at", "timestamptz"),
    },
    search=_sought,
)


async def list_invitations(work: ReadWork, criteria: Criteria) -> Invitations:
    """One page of the tenant's invitations, closed ones as well; they can be filtered by `state` and `email`, by `waiting` (true
    for those that can still be accepted with the link that went out), by the slug of a `role` or `group`, and by `createdAt`.

    Raises DomainError for an unknown order or a bad cursor.
    """
    work.require(users.READ)
    listing = msgspec.structs.replace(INVITATIONS, fields=_fields(work.now))
    page = await list_rows(work.db, listing, criteria, Within(column_values=[work.now]))
    return Invitations([_invitation(row) for row in page.rows], page)


def _fields(now: datetime) -> dict[str, Field]:
    # One index holds the open ones by their end, so that those who have accepted are not looked at.
    waits = "i.accepted_at is null and i.revoked_at is null and i.expires_at > %s"
    # What depends on no invitation is looked up once, and not for each.
    with_role = "(select r.id from roles r where r.slug = %s) = any (i.role_ids)"
    in_group = "(select g.id from groups g where g.slug = %s) = any (i.group_ids)"
    return {
        "state": Field(lambda op, value: (f"{STATE} {op.value} %s", [now, value])),
        "email": Field(lambda op, value: (f"i.email_key {op.value} %s", [email_key(value) or ""])),
        "waiting": Field(lambda _, yes: (waits if yes else f"not ({waits})", [now])),
        "role": Field(lambda _, slug: (with_role, [slug])),
        "group": Field(lambda _, slug: (in_group, [slug])),
        "createdAt": column("i.created_at"),
    }


async def get_invitation(work: ReadWork, invitation_id: UUID) -> Invitation:
    """The invitation, or InvitationNotFound."""
    work.require(users.READ)
    return await _get(work, invitation_id)


async def get_made_invitation(work: ReadWork, invitation_id: UUID) -> Invitation:
    """The invitation that this work has just made or changed; whoever may do that may see what came of it."""
    work.require(users.CREATE)
    return await _get(work, invitation_id)


async def get_invitation_for_change(work: Work, invitation_id: UUID) -> InvitationRow:
    """The invitation, locked against other writers until the end of this work. Raises InvitationNotFound."""
    work.require(users.CREATE)
    row = await work.db.one(
        f"""
        select i.id, i.email, i.email_key, i.name, i.message, {STATE},
            i.roles, i.role_ids, i.groups, i.group_ids, i.asks
        from invitations i
        where i.id = %s
        for no key update
        """,
        (work.now, invitation_id),
    )
    if row is None:
        raise InvitationNotFound(str(invitation_id))
    fields = list(row)
    fields[5] = InvitationState(row[5])
    return InvitationRow(*fields)


async def list_links(work: ReadWork, invitation_id: UUID) -> list[SentLink]:
    """The links that were made for an invitation, the newest first, as far back as they are kept."""
    work.require(users.READ)
    rows = await work.db.all(
        """
        select c.id, c.channel,
            case
                when c.used_at is not null then 'used'
                when c.expires_at <= %s then 'expired'
                when c.revoked_at is not null then 'overtaken'
                else 'valid'
            end,
            c.created_at, nullif(c.expires_at, 'infinity'), c.opened_at
        from codes c
        where c.invitation_id = %s
        order by c.id desc
        limit 100
        """,
        (work.now, invitation_id),
    )
    return [SentLink(row[0], row[1], CodeState(row[2]), *row[3:]) for row in rows]


async def find_guest(work: ReadWork, token: str) -> Guest:
    """What whoever holds this token may see."""
    work.require(codes.USE)
    link = await check_token(work, token, CodeKind.INVITATION)
    if link.invitation_id is None:
        return Guest(link)
    row = await work.db.one(
        """
        select i.email, i.name, i.message, i.opened_at is not null
        from invitations i
        where i.id = %s
        """,
        (link.invitation_id,),
    )
    return Guest(link) if row is None else Guest(link, *row)


async def find_open_invitation(work: ReadWork, key: str) -> UUID | None:
    """The invitation of an address that was neither accepted nor revoked, or None."""
    work.require(codes.USE)
    found: UUID | None = await work.db.value(
        """
        select i.id
        from invitations i
        where i.email_key = %s
          and i.accepted_at is null
          and i.revoked_at is null
        """,
        (key,),
    )
    return found


def parse_invitation_id(text: str) -> UUID:
    """The id of an invitation as it stands in a path. Raises InvitationNotFound for what is no UUID."""
    try:
        return UUID(text)
    except ValueError as error:
        raise InvitationNotFound(text) from error


async def _get(work: ReadWork, invitation_id: UUID) -> Invitation:
    row = await work.db.one(one_statement(INVITATIONS, "i.id = %s"), (work.now, invitation_id))
    if row is None:
        raise InvitationNotFound(str(invitation_id))
    return _invitation(row)


def _invitation(row: tuple[Any, ...]) -> Invitation:
    fields = list(row)
    fields[4] = InvitationState(row[4])
    fields[5:7] = [msgspec.Raw(part.encode()) for part in row[5:7]]
    return Invitation(*fields)
