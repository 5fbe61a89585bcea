"""Invitations under real concurrency: separate connections, real commits."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from tenantry.domain.invitations.actions import invite_many
from tenantry.domain.invitations.model import NewInvitation
from tenantry.kernel.errors import DomainError
from tests.support.invitations import accept, invited, offline_link
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def outcome(work: Awaitable[Any]) -> str:
    try:
        await work
    except DomainError as refusal:
        return type(refusal).__name__
    return "done"


async def count(home: Home, table: str) -> int:
    async with home.works.read(home.opener()) as work:
        found: int = await work.db.value(f"select count(*) from {table}")
        return found


async def test_of_many_who_invite_one_person_at_once_one_succeeds(busy_home: Home) -> None:
    answers = await asyncio.gather(*(outcome(invited(busy_home)) for _ in range(8)))
    assert sorted(answers) == ["AlreadyInvited"] * 7 + ["done"]
    assert (await count(busy_home, "invitations"), await count(busy_home, "address_claims")) == (1, 1)


async def test_of_a_create_and_an_invitation_at_once_one_succeeds(busy_home: Home) -> None:
    for number in range(12):
        address = f"person{number}@example.com"
        tries = [outcome(invited(busy_home, address)), outcome(busy_home.user(address))]
        answers = await asyncio.gather(*(tries if number % 2 else reversed(tries)))
        assert sorted(answers) in (["AlreadyUser", "done"], ["AddressReserved", "done"])
    assert await count(busy_home, "users") + await count(busy_home, "invitations") == 12


async def test_of_many_who_press_at_once_one_becomes_a_user(busy_home: Home) -> None:
    token = await offline_link(busy_home, await invited(busy_home))
    answers = await asyncio.gather(*(outcome(accept(busy_home, token)) for _ in range(8)))
    assert sorted(answers) == ["CodeRefused"] * 7 + ["done"]
    assert await count(busy_home, "users") == 1
    async with busy_home.works.read(busy_home.opener()) as work:
        accepted = await work.db.value("select count(*) from events where type = 'user.invitation_accepted'")
    assert accepted == 1


async def test_two_who_invite_the_same_crowd_at_once_share_it_between_them(busy_home: Home) -> None:
    crowd = [NewInvitation(email=f"person{number}@example.com") for number in range(60)]

    async def invite(people: list[NewInvitation]) -> int:
        async with busy_home.works.write(busy_home.opener()) as work:
            answers = await invite_many(work, people)
        return sum(not isinstance(answer, DomainError) for answer in answers)

    done = await asyncio.gather(invite(crowd), invite(crowd[::-1]))
    assert sum(done) == 60
    assert await count(busy_home, "invitations") == 60


async def test_of_links_made_at_once_one_stays_alive(busy_home: Home) -> None:
    invitation_id = await invited(busy_home)
    tokens = await asyncio.gather(*(offline_link(busy_home, invitation_id) for _ in range(6)))
    answers = [await outcome(accept(busy_home, token)) for token in tokens]
    assert sorted(answers) == ["CodeRefused"] * 5 + ["done"]
