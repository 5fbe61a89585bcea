"""Who comes from another system signs in with the password that they had, and has a hash of our own from then on."""

import bcrypt
import pytest

from tenantry.domain.credentials.foreign import normalise_foreign
from tenantry.domain.login.errors import WrongCredentials
from tests.support.makers import Home
from tests.support.signing_in import GOOD, WRONG, Desk

pytestmark = pytest.mark.asyncio


async def stored(home: Home) -> str:
    async with home.works.read(home.opener()) as work:
        [(found,)] = await work.db.all("select hash from password_credentials")
    return str(found)


async def test_the_first_sign_in_replaces_the_foreign_hash(desk: Desk, home: Home) -> None:
    foreign = normalise_foreign("Bcrypt", bcrypt.hashpw(GOOD.encode(), bcrypt.gensalt(4)).decode())
    await home.user(password_hash=foreign)
    with pytest.raises(WrongCredentials):
        await desk.try_password(password=WRONG)
    assert await stored(home) == foreign
    await desk.try_password()
    assert (await stored(home)).startswith("$argon2id$")
    await desk.try_password()
