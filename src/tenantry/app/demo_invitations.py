"""Invitations for the demo tenant, one for nearly every state, made by the actions that the API uses. No mail is sent."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from tenantry.domain.codes.model import CodeKind
from tenantry.domain.codes.queries import check_token
from tenantry.domain.invitations.actions import create_offline_link, invite, revoke_invitation
from tenantry.domain.invitations.guest_actions import note_opened
from tenantry.domain.invitations.mail_actions import note_delivery
from tenantry.domain.invitations.model import NewInvitation
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.crypto import Sealer
from tenantry.kernel.db import Handle
from tenantry.kernel.work import Opening, Work, Works

Step = Callable[[Work, UUID, Sealer], Awaitable[object]]
MESSAGE = "Welcome to Acme! This is where you will find everything. See you on Monday."


async def _leave(_work: Work, _invitation_id: UUID, _sealer: Sealer) -> None:
    return None


async def _sent(work: Work, invitation_id: UUID, _sealer: Sealer) -> None:
    await note_delivery(work, invitation_id, work.now, None)


async def _opened(work: Work, invitation_id: UUID, sealer: Sealer) -> None:
    await _sent(work, invitation_id, sealer)
    made = await create_offline_link(work, invitation_id, sealer)
    await note_opened(work, await check_token(work, made.token, CodeKind.INVITATION))


async def _bounced(work: Work, invitation_id: UUID, _sealer: Sealer) -> None:
    await note_delivery(work, invitation_id, work.now, "550 5.1.1 no such mailbox")


async def _revoked(work: Work, invitation_id: UUID, _sealer: Sealer) -> None:
    await revoke_invitation(work, invitation_id)


GUESTS: tuple[tuple[str, Step], ...] = (
    ("Noor Haddad", _leave),
    ("Mateo Silva", _leave),
    ("Ingrid Solberg", _sent),
    ("Kwame Mensah", _sent),
    ("Yuki Tanaka", _sent),
    ("Zofia Nowak", _opened),
    ("Liam O'Brien", _opened),
    ("Priya Raman", _bounced),
    ("Tomas Varga", _revoked),
)
TOO_LATE = ("Elena Petrova", "Samuel Okafor")


class _OverAtOnce:
    """Opens for the tenant as if it had set that links of invitations work for no time at all."""

    def __init__(self, opener: OpenTenant) -> None:
        self._opener = opener

    async def __call__(self, db: Handle, *, for_transaction: bool) -> Opening:
        opening = await self._opener(db, for_transaction=for_transaction)
        settings = msgspec.Raw(b'{"links": {"invitationMinutes": 0}}')
        return Opening(msgspec.structs.replace(opening.tenant, settings=settings), opening.actor)


async def invite_guests(works: Works, opener: OpenTenant, sealer: Sealer) -> None:
    """Makes all of them; call it once."""
    async with works.write(_OverAtOnce(opener)) as work:
        for name in TOO_LATE:
            await invite(work, _wanted(name))
    async with works.write(opener) as work:
        for name, step in GUESTS:
            await step(work, await invite(work, _wanted(name)), sealer)


def _wanted(name: str) -> NewInvitation:
    address = "".join(sign for sign in name.lower().replace(" ", ".") if sign.isalpha() or sign == ".")
    return NewInvitation(
        email=f"{address}@newcomers.example.com",
        name=name,
        roles=["user", "developer"],
        groups=["engineering"],
        message=MESSAGE,
        send=False,
    )
