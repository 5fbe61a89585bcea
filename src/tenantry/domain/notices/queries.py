"""Reading messages: what went to whom and what became of it, never what it said."""

from uuid import UUID

import msgspec

from tenantry.domain.codes.model import Channel
from tenantry.domain.mail_templates import permissions as templates
from tenantry.domain.mail_templates.model import Medium
from tenantry.domain.notices import permissions
from tenantry.domain.notices.errors import MessageNotFound
from tenantry.domain.notices.model import MessageState, SentMessage
from tenantry.kernel.criteria import Criteria, Fragment, column
from tenantry.kernel.db import Row
from tenantry.kernel.listing import Listing, Rows, SortBy, list_rows, one_statement
from tenantry.kernel.permissions import ActorKind
from tenantry.kernel.work import ReadWork


class Messages(msgspec.Struct, frozen=True):
    """One page of messages."""

    messages: list[SentMessage]
    page: Rows


def _sought(text: str) -> Fragment:
    return "strpos(lower(m.sent_to), lower(%s)) > 0", [text]


MESSAGES = Listing(
    source="mail_messages m",
    id="m.id",
    columns="""
        m.id, coalesce(m.template, m.kind), m.channel, m.sent_to, m.state, m.attempts, m.last_error,
        m.user_id, m.invitation_id, m.created_at, m.sent_at""",
    sorts={"createdAt": SortBy("m.id", "uuid")},
    search=_sought,
    fields={
        "userId": column("m.user_id"),
        "invitationId": column("m.invitation_id"),
        "kind": column("m.template"),
        "state": column("m.state"),
        "channel": column("m.channel"),
    },
)


async def find_own_address(work: ReadWork, medium: Medium) -> str | None:
    """The email address or phone number of whoever is signed in, where a test goes that they send to themselves."""
    work.require(templates.WRITE)
    if work.actor.kind is not ActorKind.USER:
        return None
    row = await work.db.one("select email, phone from users where id = %s", (work.actor.id,))
    if row is None:
        return None
    found: str | None = row[1] if medium is Medium.SMS else row[0]
    return found


async def list_messages(work: ReadWork, criteria: Criteria) -> Messages:
    """One page of the tenant's messages of the last 90 days.

    They can be filtered by `userId`, `invitationId`, `kind`, `state` and `channel`.
    Raises DomainError for an unknown order or a bad cursor.
    """
    work.require(permissions.READ)
    page = await list_rows(work.db, MESSAGES, criteria)
    return Messages([_message(row) for row in page.rows], page)


async def get_message(work: ReadWork, message_id: UUID) -> SentMessage:
    """The message, or MessageNotFound."""
    work.require(permissions.READ)
    row = await work.db.one(one_statement(MESSAGES, "m.id = %s"), (message_id,))
    if row is None:
        raise MessageNotFound(str(message_id))
    return _message(row)


def parse_message_id(text: str) -> UUID:
    """The id, or MessageNotFound for what is no id at all."""
    try:
        return UUID(text)
    except ValueError as error:
        raise MessageNotFound(text) from error


def _message(row: Row) -> SentMessage:
    id_, kind, channel, sent_to, state, *others = row
    return SentMessage(id_, kind, Channel(channel), sent_to, MessageState(state), *others)
