"""The user of a path, and the whole user as the answer to a change."""

from tenantry.domain.directory.queries import get_person
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef, parse_ref
from tenantry.kernel.work import ReadWork, Work
from tenantry.surfaces.admin_api.user_views import etag, user_view
from tenantry.surfaces.kit.conditions import if_match
from tenantry.surfaces.kit.works import Answer, AnyRequest


async def locked_user(work: Work, request: AnyRequest, *, with_deleted: bool = False) -> User:
    """The user whom the path names, locked, and in the version that `If-Match` demands. Raises UserNotFound and UserChanged."""
    ref = parse_ref(request.path_params["user_id"])
    return await get_user_for_change(work, ref, if_match(request), with_deleted=with_deleted)


async def user_answer(work: ReadWork, user: User, message: str) -> Answer:
    """The whole user after a change, with the ETag of their new version."""
    person = await get_person(work, UserRef(user.id, None))
    return Answer({"data": user_view(work, person), "message": message}, headers=etag(person))
