"""Invitations: the list, and one of them with what became of its mails and links."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post

from tenantry.domain.invitations.actions import create_offline_link, resend_invitation, revoke_invitation
from tenantry.domain.invitations.model import OPEN, Invitation, InvitationState, MadeLink, SentLink
from tenantry.domain.invitations.queries import (
    get_invitation,
    list_invitations,
    list_links,
    parse_invitation_id,
)
from tenantry.domain.notices import permissions as notices
from tenantry.domain.notices.model import MessageState, SentMessage
from tenantry.domain.notices.queries import list_messages
from tenantry.domain.users import permissions as users
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Node, Op, Page, Sort
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.escalation import Escalation
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import decode_form
from tenantry.surfaces.kit.invitation_query import STATES, InvitationQuery
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest
from tenantry.surfaces.kit.search_query import criteria
from tenantry.surfaces.kit.sentences import sentence
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.portal.addresses import USERS, ListAddress
from tenantry.surfaces.portal.frame import View, address, done, form_of, show, submit, told_of
from tenantry.surfaces.portal.tables import Column, asked, table

PATH = "/access-management/invitations"
VIEW = View("invitations", "portal/invitations.html", part="portal/invitations_rows.html")
ONE = View("invitations", "portal/invitation.html")
MOST_MESSAGES = 20
LABELS = {
    "pending": "Pending",
    "sent": "Sent",
    "opened": "Opened",
    "bounced": "Bounced",
    "expired": "Expired",
    "accepted": "Accepted",
    "revoked": "Revoked",
}
TONES = {
    "pending": "wait",
    "sent": "wait",
    "opened": "wait",
    "bounced": "bad",
    "expired": "bad",
    "accepted": "good",
    "revoked": "plain",
}
MEANINGS = {
    "pending": "No mail has left so far.",
    "sent": "The mail has been handed to their mail server.",
    "opened": "The page of the link was opened, by a person or by a program that checks links in mail.",
    "bounced": "Their mail server refused the mail for good. Check the address, or hand over a link.",
    "expired": "The link has run out. Send the invitation again, and a new one goes out.",
    "accepted": "They have chosen a password and are a user now.",
    "revoked": "The links are dead, and the address is free again.",
}
SENDING = "The mail is being sent. It leaves within moments, unless their mail server makes it wait."
LINK_LABELS = {"valid": "Works", "used": "Used", "expired": "Expired", "overtaken": "Replaced"}
LINK_TONES = {"valid": "good", "used": "plain", "expired": "plain", "overtaken": "plain"}
MAIL_LABELS = {"queued": "Waiting", "sent": "Sent", "failed": "Given up", "bounced": "Refused"}
MAIL_TONES = {"queued": "wait", "sent": "good", "failed": "bad", "bounced": "bad"}
COLUMNS = (
    Column("Person", "email"),
    Column("Status"),
    Column("Mail"),
    Column("Roles and groups"),
    Column("Invited", "createdAt"),
    Column("Ends", "expiresAt"),
)
TOLD = {
    "invited": "The invitation is on its way.",
    "resent": "A new mail is on its way. The old link is dead.",
    "revoked": "The invitation has been revoked.",
}
WAITING = "waiting"
WAITING_LABEL = "Waiting for an answer"
NOT_SURE = "tick the box, so that nobody loses an invitation by a slip"


class AskedInvitations(InvitationQuery, kw_only=True, rename="camel"):
    """The list as the portal asks for it: with one filter more, for all who can still accept with the link that they have."""

    def where(self) -> Node:
        if self.state != WAITING:
            return super().where()
        waiting = Compare("waiting", Op.EQ, True)
        return AllOf((waiting, *([Compare("email", Op.EQ, self.email)] if self.email is not None else [])))


@get(PATH, include_in_schema=False)
async def list_all(request: AnyRequest) -> Response[bytes]:
    asked_for, query = asked(request, PATH, AskedInvitations)
    where = asked_for.where

    async def build(work: ReadWork) -> dict[str, Any]:
        found = await list_invitations(work, criteria(query))
        rows = [_row(invitation) for invitation in found.invitations]
        return {
            **table(asked_for, COLUMNS, rows, found.page),
            "filters": _filters(where),
            "here": where.filters,
            "new": address(request, f"{USERS}/new?how=invite"),
            "states": [(WAITING, WAITING_LABEL), *((state, LABELS[state]) for state in STATES)],
            "labels": LABELS,
            "tones": TONES,
            "told": told_of(request, TOLD),
        }

    return await show(request, VIEW, build)


@get(f"{PATH}/{{invitation_id:str}}", include_in_schema=False)
async def get_one(request: AnyRequest) -> Response[bytes]:
    given = decode_form(request.scope["query_string"])
    found = parse_invitation_id(request.path_params["invitation_id"])
    return await show_invitation(request, found, ask_to_revoke=given.get("ask") == "revoke")


@post(f"{PATH}/{{invitation_id:str}}", include_in_schema=False, status_code=200)
async def act(request: AnyRequest) -> Response[bytes]:
    """The buttons of an invitation; `do` says which was pressed."""
    form = await form_of(request)
    found = parse_invitation_id(request.path_params["invitation_id"])
    pressed = form.get("do")
    if pressed == "revoke" and not form.ticked("sure"):
        return await show_invitation(
            request, found, ask_to_revoke=True, not_sure=sentence(NOT_SURE), status=422
        )
    try:
        link = await submit(request, lambda work, _: _done(request, work, pressed, found))
    except DomainError as refusal:
        if refusal.kind not in (Kind.CONFLICT, Kind.TOO_MANY) and not isinstance(refusal, Escalation):
            raise
        return await show_invitation(request, found, on_top=refusal.message, status=REFUSALS[refusal.kind][0])
    if link is not None:
        return await show_invitation(request, found, link=link)
    told = {"resend": "resent", "revoke": "revoked"}[pressed]
    if "back" in form:
        return done(request, ListAddress(PATH, decode_form(form.get("back").encode())).changed(), told)
    return done(request, f"{PATH}/{found}", told)


async def show_invitation(
    request: AnyRequest,
    invitation_id: UUID,
    *,
    link: MadeLink | None = None,
    ask_to_revoke: bool = False,
    not_sure: str = "",
    on_top: str = "",
    status: int = 200,
) -> Response[bytes]:
    """The page of one invitation; a link that was just made stands open on it."""

    async def build(work: ReadWork) -> dict[str, Any]:
        found = await get_invitation(work, invitation_id)
        links = await list_links(work, invitation_id)
        mails = await _mails(work, invitation_id) if work.actor.may(notices.READ) else []
        sending = _is_being_sent(found, links, mails)
        return {
            **_row(found),
            "invitation": found,
            "links": links,
            "mails": mails,
            "sending": sending,
            "made": link,
            "made_address": _link_address(request, link) if link else "",
            "ask_to_revoke": ask_to_revoke,
            "not_sure": [not_sure] if not_sure else [],
            "on_top": on_top,
            "list": address(request, PATH),
            "here": address(request, f"{PATH}/{invitation_id}"),
            "person": address(request, f"{USERS}/{found.user_id}") if found.user_id else "",
            "labels": LABELS,
            "tones": TONES,
            "meaning": SENDING if sending else MEANINGS[found.state],
            "link_words": (LINK_LABELS, LINK_TONES),
            "mail_words": (MAIL_LABELS, MAIL_TONES),
            "told": told_of(request, TOLD),
        }

    return await show(request, ONE, build, status)


async def _done(request: AnyRequest, work: Work, pressed: str, invitation_id: UUID) -> MadeLink | None:
    """Does what a button says; gives the link that was made by it. Raises DomainError."""
    # The answer is the invitation's page, which must not be refused once something is done.
    work.require(users.READ)
    if pressed == "link":
        return await create_offline_link(work, invitation_id, services(request).sealer)
    if pressed == "resend":
        await resend_invitation(work, invitation_id)
    elif pressed == "revoke":
        await revoke_invitation(work, invitation_id)
    else:
        problem = "must be link, resend or revoke"
        raise DomainError(Kind.INVALID, "validation_error", f"do {problem}.", {"do": problem})
    return None


async def _mails(work: ReadWork, invitation_id: UUID) -> list[SentMessage]:
    """What was mailed for the invitation, the newest first."""
    own = Compare("invitationId", Op.EQ, invitation_id)
    asked = Criteria(own, Sort("createdAt", descending=True), Page(MOST_MESSAGES))
    return (await list_messages(work, asked)).messages


def _is_being_sent(invitation: Invitation, links: Sequence[SentLink], mails: Sequence[SentMessage]) -> bool:
    """Whether a mail that was asked for is still to leave. `mails` is empty for those who may not see them.

    A link that was handed over after the asking has overtaken the mail.
    """
    asked_at = invitation.asked_at
    if invitation.state is not InvitationState.PENDING or asked_at is None:
        return False
    if mails and mails[0].created_at >= asked_at:
        return mails[0].state is MessageState.QUEUED
    return not any(link.created_at >= asked_at for link in links)


def _row(invitation: Invitation) -> dict[str, Any]:
    """An invitation as a row of the list."""
    return {
        "id": str(invitation.id),
        "email": invitation.email,
        "name": invitation.name,
        "state": invitation.state.value,
        "is_open": invitation.state in OPEN,
        "roles": msgspec.json.decode(invitation.roles),
        "groups": msgspec.json.decode(invitation.groups),
        "sent_at": invitation.sent_at,
        "bounced_at": invitation.bounced_at,
        "bounce_reason": invitation.bounce_reason,
        "created_at": invitation.created_at,
        "invited_by": invitation.invited_label,
        "expires_at": invitation.expires_at,
    }


def _filters(where: ListAddress) -> list[tuple[str, str]]:
    """The filters that are on, in words, each with the address of the list without it."""
    given = where.given
    found = []
    if "search" in given:
        found.append((f"“{given['search']}”", where.changed(search=None)))
    if "state" in given:
        found.append(
            (
                (LABELS | {WAITING: WAITING_LABEL}).get(given["state"], given["state"]),
                where.changed(state=None),
            )
        )
    if "email" in given:
        found.append((f"Address: {given['email']}", where.changed(email=None)))
    return found


def _link_address(request: AnyRequest, link: MadeLink) -> str:
    return f"{services(request).settings.address}/t/{request.path_params['tenant']}/invitation?token={link.token}"


ROUTES = [list_all, get_one, act]
