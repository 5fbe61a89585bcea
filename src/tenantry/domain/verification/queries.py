"""Reading what a link of verification is for, and one's own address."""

from tenantry.domain.codes import permissions as codes
from tenantry.domain.codes.model import Code, CodeKind
from tenantry.domain.codes.queries import check_token
from tenantry.domain.sessions.errors import SessionEnded
from tenantry.domain.users import permissions as users
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user, get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.kernel.work import ReadWork, Work


async def check_verification(work: ReadWork, token: str) -> Code:
    """What the link of this token can still do for an address, present or wanted."""
    work.require(codes.using(work.actor))
    return await check_token(work, token, CodeKind.EMAIL_VERIFICATION, CodeKind.EMAIL_CHANGE)


async def check_revert(work: ReadWork, token: str) -> Code:
    """What the link of this token can still do to take a change of address back."""
    work.require(codes.using(work.actor))
    return await check_token(work, token, CodeKind.EMAIL_REVERT)


async def get_own_user(work: ReadWork) -> User:
    """The user who acts. Raises SessionEnded when nobody does."""
    work.require(users.READ)
    if work.actor.id is None:
        raise SessionEnded
    return await get_user(work, UserRef(work.actor.id, None))


async def get_own_user_for_change(work: Work) -> User:
    """The user who acts, locked. Raises SessionEnded when nobody does."""
    work.require(users.UPDATE)
    if work.actor.id is None:
        raise SessionEnded
    return await get_user_for_change(work, UserRef(work.actor.id, None))
