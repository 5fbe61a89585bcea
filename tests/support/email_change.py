"""Asking for another address, confirming it, and taking that back."""

from pathlib import Path

from tenantry.domain.codes.model import CodeKind, CodeState
from tenantry.domain.codes.opening import OpenByLink
from tenantry.domain.codes.queries import check_token
from tenantry.domain.directory.model import Person
from tenantry.domain.users.model import User
from tenantry.domain.verification.change_actions import (
    confirm_email_change,
    request_email_change,
    revert_email_change,
)
from tenantry.domain.verification.model import Reverted
from tests.support.makers import Home
from tests.support.verification import inbox, locked, rows, secret_in

OLD, NEW, THIRD = "Ann@example.com", "ann.lee@example.com", "ann3@example.com"


async def ask(home: Home, person: Person, wanted: str = NEW) -> None:
    async with home.works.write(home.opener()) as work:
        await request_email_change(work, await locked(work, person), wanted)


async def confirm(home: Home, token: str) -> User:
    async with home.works.write(OpenByLink(home.slug, token, None, None)) as work:
        return await confirm_email_change(work, token)


async def revert(home: Home, token: str) -> Reverted:
    async with home.works.write(OpenByLink(home.slug, token, None, None)) as work:
        return await revert_email_change(work, token)


async def state(home: Home, token: str) -> CodeState:
    async with home.works.read(home.opener()) as work:
        return (await check_token(work, token, *CodeKind)).state


async def newest(home: Home, folder: Path, to: str) -> str:
    """The token of the newest mail to an address."""
    return secret_in((await inbox(home, folder, to))[0].text)


async def changed(home: Home, folder: Path, person: Person, wanted: str = NEW) -> None:
    """Somebody asks for another address and confirms it."""
    await ask(home, person, wanted)
    await confirm(home, await newest(home, folder, wanted))


async def epoch(home: Home, person: Person) -> int:
    [(found,)] = await rows(home, "select credential_epoch from users where id = %s", person.user.id)
    return int(found)
