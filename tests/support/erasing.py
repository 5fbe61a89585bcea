"""Erasing people in tests, and what is read afterwards."""

from typing import Any, LiteralString
from uuid import UUID

from tenantry.domain.directory.model import Person
from tenantry.domain.privacy.actions import REDACT, erase_person
from tenantry.domain.provisioning.actions import remove_person
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tests.support.makers import Home
from tests.support.settings import change


async def rows(home: Home, query: LiteralString, *params: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query, params)


async def delete_for_a_while(home: Home, person: Person) -> None:
    """Their address and number are free for others from then on."""
    await change(home, "deletion", keepIdentifiers=False, adminApiRetentionDays=30)
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await remove_person(work, user, permanent=False, from_admin_api=True)


async def erase(home: Home, person: Person | UUID) -> dict[str, Any]:
    """Gives the arguments of the job that follows."""
    user_id = person.user.id if isinstance(person, Person) else person
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(user_id, None), with_deleted=True)
        await erase_person(work, user, "asked for it")
        return next(job.args for job in work._jobs if job.task == REDACT)
