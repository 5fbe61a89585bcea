"""What somebody types names one user at most, whichever identifier it is."""

import pytest

from tenantry.domain.users.identifiers import find_by_identifier, read_identifier
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def find(home: Home, typed: str, **how: object) -> str | None:
    async with home.works.read(home.opener()) as work:
        found = await find_by_identifier(work, read_identifier(typed, **how))  # type: ignore[arg-type]
        assert work.db.statements == 2
    return None if found is None else found.email


@pytest.mark.parametrize("typed", ["ANN@Example.com", " ann@example.com ", "Ann.Lee", "+46 70-174 06 05"])
async def test_a_user_is_found_by_each_identifier(home: Home, neighbour: Home, typed: str) -> None:
    for one in (home, neighbour):
        await one.user("ann@example.com", username="ann.lee", phone="+46701740605")
    await home.user("bob@example.com", username="bob", phone="+46701740606")
    assert await find(home, typed) == "ann@example.com"


async def test_only_the_kinds_that_are_asked_for_count(home: Home) -> None:
    await home.user("ann@example.com", username="ann.lee", phone="+46701740605")
    assert await find(home, "ann.lee", kinds=("email", "phone")) is None
    assert await find(home, "ann@example.com", kinds=("username",)) is None
    assert await find(home, "070-174 06 05") is None
    assert await find(home, "070-174 06 05", region="SE") == "ann@example.com"


async def test_a_username_of_a_few_digits_is_no_number(home: Home) -> None:
    await home.user("ann@example.com", username="112233")
    assert await find(home, "112233", region="SE") == "ann@example.com"


@pytest.mark.parametrize(
    "typed", ["", "  ", "x" * 400, "\u0000", "@", "a@b", "%", "+", "ann@example.com\u0000"]
)
async def test_anything_else_is_nobody(home: Home, typed: str) -> None:
    await home.user("ann@example.com")
    assert await find(home, typed) is None


async def test_a_deleted_user_is_nobody_unless_they_are_asked_for(home: Home) -> None:
    ann = await home.user("ann@example.com")
    async with home.works.write(home.opener()) as work:
        await work.db.run("update users set deleted_at = now()")
    assert await find(home, "ann@example.com") is None
    async with home.works.read(home.opener()) as work:
        found = await find_by_identifier(work, read_identifier("ann@example.com"), with_deleted=True)
    assert found is not None
    assert found.id == ann.user.id
