"""Invitations: make, list, get, send again, hand over, revoke. They stand beside the admin API, under the same keys and rules."""

from uuid import UUID

import msgspec
from litestar import Response, delete, get, post

from tenantry.domain.invitations.actions import (
    create_offline_link,
    invite,
    resend_invitation,
    revoke_invitation,
)
from tenantry.domain.invitations.model import NewInvitation
from tenantry.domain.invitations.queries import (
    get_invitation,
    get_made_invitation,
    list_invitations,
    list_links,
    parse_invitation_id,
)
from tenantry.kernel.criteria import Criteria
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.answers import created
from tenantry.surfaces.admin_api.invitation_views import InvitationView, invitation_view
from tenantry.surfaces.admin_api.lists import Found, read_list
from tenantry.surfaces.kit.contract import promises
from tenantry.surfaces.kit.invitation_query import InvitationQuery
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.kit.wire import Moment, decode_body
from tenantry.surfaces.kit.works import Answer, AnyRequest, read, write

TAG = "Invitations"
READS = ("admin:read", "admin:write", "admin:users")
WRITES = ("admin:write", "admin:users", "internal_user_mgt_create")
EXAMPLE = {
    "email": "anita@example.com",
    "name": "Anita Singh",
    "roles": ["developer"],
    "groups": ["engineering"],
    "message": "Welcome to the team! See you on Monday.",
}


class CreateInvitation(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whom to invite. Roles and groups, by slug or id, are given on acceptance. `message` is plain text of up to 2000 characters
    that the mail and the page show. Without `sendEmail` no mail goes: hand the link over that `…/link` gives."""

    email: str
    name: str | None = None
    roles: list[str] = msgspec.field(default_factory=list)
    groups: list[str] = msgspec.field(default_factory=list)
    message: str | None = None
    send_email: bool = True


class OfflineLink(msgspec.Struct, frozen=True, rename="camel"):
    """A link to hand over. It is shown in this answer alone."""

    link: str
    expires_at: Moment | None


@get(
    "/invitations",
    **promises(
        summary="List invitations",
        name="listInvitations",
        tag=TAG,
        description=(
            "Accepted, expired and revoked ones as well. `opened` says that the page of the link was opened, by a person or by a"
            " program that checks links in mail."
        ),
        query=InvitationQuery,
        answer=InvitationView,
        listed=True,
        scopes=READS,
    ),
)
async def list_all(request: AnyRequest) -> Response[bytes]:
    async def find(work: ReadWork, asked: Criteria) -> Found:
        found = await list_invitations(work, asked)
        return [invitation_view(invitation) for invitation in found.invitations], found.page

    return await read_list(request, InvitationQuery, find)


@get(
    "/invitations/{invitation_id:str}",
    **promises(
        summary="Get an invitation",
        name="getInvitation",
        tag=TAG,
        description="With the links that were made for it, the newest first. An old one is kept for 30 days after its end.",
        answer=InvitationView,
        scopes=READS,
        errors=(404,),
    ),
)
async def get_one(request: AnyRequest) -> Response[bytes]:
    async def run(work: ReadWork) -> Answer:
        invitation = await get_invitation(work, _id(request))
        return Answer({"data": invitation_view(invitation, await list_links(work, invitation.id))})

    return await read(request, run)


@post(
    "/invitations",
    **promises(
        summary="Invite somebody",
        name="createInvitation",
        tag=TAG,
        description=(
            "There is no user until the person accepts; until then, or until the invitation ends, nobody else gets the address."
            " An address that is a user's, or that has an open invitation, is refused (409): `details.userId` or"
            " `details.invitationId` names what is there. A role or group that grants more of this API than you hold yourself is"
            " refused."
        ),
        body=CreateInvitation,
        answer=InvitationView,
        status=201,
        scopes=WRITES,
        errors=(409, 422),
        body_example=EXAMPLE,
    ),
)
async def create(request: AnyRequest) -> Response[bytes]:
    raw = await request.body()

    async def run(work: Work) -> Answer:
        invitation_id = await invite(work, wanted(decode_body(raw, CreateInvitation)))
        view = invitation_view(await get_made_invitation(work, invitation_id))
        return created(request, invitation_id, view, "Invitation created")

    return await write(request, run)


@post(
    "/invitations/{invitation_id:str}/resend",
    **promises(
        summary="Send an invitation again",
        name="resendInvitation",
        tag=TAG,
        description=(
            "A new link with the whole time before it is mailed, also for one that has expired or bounced; the old link is dead."
            " How often is a setting of the tenant (`oneTimeCodes.secondsBetweenSends`, `oneTimeCodes.maxSendsPerHour`)."
        ),
        answer=InvitationView,
        scopes=WRITES,
        errors=(404, 409),
    ),
)
async def resend(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        await resend_invitation(work, _id(request))
        return await _answer(work, _id(request), "A new mail is on its way")

    return await write(request, run)


@post(
    "/invitations/{invitation_id:str}/link",
    **promises(
        summary="Make a link to hand over",
        name="createInvitationLink",
        tag=TAG,
        description=(
            "For people whom mail does not reach. The link is shown in this answer alone, not when the request is repeated with"
            " the same Idempotency-Key. The newest link of an invitation is the one that works: this one makes a mailed one"
            " useless, and sending the invitation again makes this one useless. Whoever accepts by it has not shown that the"
            " address is theirs, so it stays unverified."
        ),
        answer=OfflineLink,
        scopes=WRITES,
        errors=(404, 409),
    ),
)
async def link(request: AnyRequest) -> Response[bytes]:
    found = services(request)

    async def run(work: Work) -> Answer:
        made = await create_offline_link(work, _id(request), found.sealer)
        address = f"{found.settings.address}/t/{work.tenant.slug}/invitation?token={made.token}"
        answer = Answer({"data": OfflineLink(address, made.expires_at), "message": "Link made"})
        answer.replay = {**answer.body, "data": {"expiresAt": made.expires_at}}
        return answer

    return await write(request, run)


@post(
    "/invitations/{invitation_id:str}/revoke",
    **promises(
        summary="Revoke an invitation",
        name="revokeInvitation",
        tag=TAG,
        description="Its links are dead and its address is free at once; it stays in the list.",
        answer=InvitationView,
        scopes=WRITES,
        errors=(404, 409),
    ),
)
async def revoke(request: AnyRequest) -> Response[bytes]:
    return await _revoke(request)


@delete(
    "/invitations/{invitation_id:str}",
    **promises(
        summary="Revoke an invitation (DELETE)",
        name="deleteInvitation",
        tag=TAG,
        description="The same as `…/revoke`.",
        answer=InvitationView,
        scopes=WRITES,
        errors=(404, 409),
    ),
)
async def remove(request: AnyRequest) -> Response[bytes]:
    return await _revoke(request)


def wanted(body: CreateInvitation) -> NewInvitation:
    """What a body asks for."""
    return NewInvitation(
        email=body.email,
        name=body.name,
        roles=body.roles,
        groups=body.groups,
        message=body.message,
        send=body.send_email,
    )


async def _revoke(request: AnyRequest) -> Response[bytes]:
    async def run(work: Work) -> Answer:
        now_dead = await revoke_invitation(work, _id(request))
        return await _answer(
            work, _id(request), "Invitation revoked" if now_dead else "Invitation was revoked before"
        )

    return await write(request, run)


async def _answer(work: Work, invitation_id: UUID, message: str) -> Answer:
    view = invitation_view(await get_made_invitation(work, invitation_id))
    return Answer({"data": view, "message": message})


def _id(request: AnyRequest) -> UUID:
    return parse_invitation_id(request.path_params["invitation_id"])


ROUTES = [list_all, get_one, create, resend, link, revoke, remove]
