"""The first tab of a new user: inviting one person, by mail or with a link to hand over."""

from typing import Any
from uuid import UUID

from litestar import Response

from tenantry.domain.invitations.actions import create_offline_link, invite
from tenantry.domain.invitations.errors import AlreadyInvited, AlreadyUser
from tenantry.domain.invitations.model import MAX_MESSAGE, MadeLink, NewInvitation
from tenantry.domain.users import permissions as users
from tenantry.domain.users.fields import MAX_EMAIL
from tenantry.domain.users.rules import MAX_NAME
from tenantry.kernel.errors import DomainError
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.kit.forms import Form
from tenantry.surfaces.kit.page_answers import REFUSALS, AnyRequest
from tenantry.surfaces.kit.services import services
from tenantry.surfaces.portal import invitations
from tenantry.surfaces.portal.addresses import USERS
from tenantry.surfaces.portal.faults import Faults
from tenantry.surfaces.portal.frame import View, address, done, show, submit
from tenantry.surfaces.portal.picks import FIELDS as PICKS
from tenantry.surfaces.portal.picks import message_of, picked_in, picks

PATH = f"{USERS}/new"
VIEW = View("users", "portal/new_invitation.html")
FIELDS = ("email", "name", "message", *PICKS)
OWN = ("message", "send")
"""What the other tab has no place for."""
OF_THE_OTHER = (
    "kind", "phoneNumber", "username", "givenName", "familyName", "passwordBy", "customData",
    "emailVerified", "mustChangePassword", "mustEnrolMfa", "sendWelcome",
)  # fmt: skip
DEFAULTS = [("send", "mail")]
WAYS = (
    ("mail", "By mail", "They get a link with which they choose their own password."),
    ("link", "With a link that you hand over", "No mail goes. You are shown the link once."),
)


def tabs_of(request: AnyRequest, here: str) -> dict[str, Any]:
    """The two tabs of the page."""
    page = address(request, PATH)
    tabs = [("invite", "Invite", f"{page}?how=invite"), ("create", "Create directly", f"{page}?how=create")]
    return {
        "tabs": tabs,
        "here": here,
        "action": f"{page}?how={here}",
        "users": address(request, USERS),
    }


async def show_form(
    request: AnyRequest,
    form: Form | None = None,
    faults: Faults | None = None,
    status: int = 200,
    refusal: DomainError | None = None,
) -> Response[bytes]:
    """The page, empty or with what was typed and what is wrong with it."""
    form = form or Form(DEFAULTS)
    faults = faults or Faults(FIELDS)

    async def build(work: ReadWork) -> dict[str, Any]:
        work.require(users.CREATE)
        return {
            **tabs_of(request, "invite"),
            **await picks(work, form, faults),
            "form": form,
            "carried": [(name, value) for name, value in form.pairs if name in OF_THE_OTHER],
            "problems": faults.under,
            "on_top": faults.on_top,
            "faulty": bool(faults),
            "existing": _existing(request, refusal),
            "longest": {"email": MAX_EMAIL, "name": MAX_NAME, "message": MAX_MESSAGE},
            "ways": WAYS,
        }

    return await show(request, VIEW, build, status)


async def take_form(request: AnyRequest, form: Form) -> Response[bytes]:
    """Invites whom the form names: on to the invitation, or straight to its link."""

    async def do(work: Work, _: Form) -> tuple[UUID, MadeLink | None]:
        # Nobody invites whom the answer could not show them.
        work.require(users.READ)
        by_link = form.get("send") == "link"
        made = await invite(work, _wanted(form, send=not by_link))
        sealer = services(request).sealer
        return made, await create_offline_link(work, made, sealer) if by_link else None

    try:
        made, link = await submit(request, do)
    except DomainError as refusal:
        faults = Faults(FIELDS)
        faults.add(refusal)
        return await show_form(request, form, faults, REFUSALS[refusal.kind][0], refusal)
    if link is not None:
        return await invitations.show_invitation(request, made, link=link)
    return done(request, f"/access-management/invitations/{made}", "invited")


def _wanted(form: Form, *, send: bool) -> NewInvitation:
    return NewInvitation(
        email=form.get("email"),
        name=form.text("name"),
        roles=picked_in(form, "roles"),
        groups=picked_in(form, "groups"),
        message=message_of(form),
        send=send,
    )


def _existing(request: AnyRequest, refusal: DomainError | None) -> tuple[str, str] | None:
    """Where the user or the invitation is that has the address already, and what to do there."""
    if isinstance(refusal, AlreadyUser) and "userId" in refusal.fields:
        return address(request, f"{USERS}/{refusal.fields['userId']}"), "Edit that user"
    if isinstance(refusal, AlreadyInvited):
        there = address(request, f"/access-management/invitations/{refusal.fields['invitationId']}")
        return there, "Open that invitation"
    return None
