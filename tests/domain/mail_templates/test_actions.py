"""A tenant writes a text of its own, changes it, and goes back to the built-in one; nobody else's moves."""

from typing import Any

import pytest

from tenantry.domain.mail_templates.actions import reset_template, save_template
from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.mail_templates.errors import TemplateChanged, TemplateNotFound
from tenantry.domain.mail_templates.model import MailTemplate, Texts
from tenantry.domain.mail_templates.permissions import READ
from tenantry.domain.mail_templates.queries import find_kind, get_template, list_templates
from tenantry.domain.tenants.opening import OpenTenant
from tenantry.kernel.errors import DomainError
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
RESET = KINDS["password_reset"]
OURS = Texts("Ours: {{ link }}", "Ours")
NEWER = Texts("Newer: {{ link }}", "Newer", "<p>{{ link }}</p>")


async def save(home: Home, texts: Texts, expected: int | None = None) -> MailTemplate:
    async with home.works.write(home.opener()) as work:
        return await save_template(work, RESET, texts, expected)


async def reset(home: Home, expected: int | None = None) -> MailTemplate:
    async with home.works.write(home.opener()) as work:
        return await reset_template(work, RESET, expected)


async def stored(home: Home) -> MailTemplate:
    async with home.works.read(home.opener()) as work:
        return await get_template(work, RESET)


async def events(home: Home) -> list[tuple[Any, ...]]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(
            "select type, data, personal from events where target_type = 'mail_template' order by id"
        )


async def test_a_text_is_kept_changed_and_reset_and_every_step_is_a_version(home: Home) -> None:
    assert await stored(home) == MailTemplate("password_reset")
    first = await save(home, OURS)
    assert (first.texts, first.version) == (OURS, 1)
    second = await save(home, NEWER)
    assert (second.texts, second.version) == (NEWER, 2)
    gone = await reset(home)
    assert (gone.texts, gone.version) == (None, 3)
    assert await stored(home) == gone
    again = await save(home, OURS)
    assert (again.texts, again.version) == (OURS, 4)


async def test_the_audit_log_has_fingerprints_and_no_text(home: Home) -> None:
    await save(home, OURS)
    await save(home, NEWER)
    await reset(home)
    found = await events(home)
    assert [(row[0], row[1]["before"], row[1]["after"]) for row in found] == [
        ("mail_template.updated", None, OURS.digest),
        ("mail_template.updated", OURS.digest, NEWER.digest),
        ("mail_template.reset", NEWER.digest, None),
    ]
    assert all(row[1]["kind"] == "password_reset" for row in found)
    assert "Ours" not in str(found)


async def test_the_same_text_again_and_a_reset_of_nothing_are_no_change(home: Home) -> None:
    await reset(home)
    assert (await stored(home)).version == 0
    await save(home, OURS)
    assert (await save(home, OURS)).version == 1
    assert len(await events(home)) == 1


async def test_a_change_of_what_somebody_else_has_changed_is_refused(home: Home) -> None:
    await save(home, OURS, 0)
    for old in (0, 2):
        with pytest.raises(TemplateChanged):
            await save(home, NEWER, old)
        with pytest.raises(TemplateChanged):
            await reset(home, old)
    assert (await save(home, NEWER, 1)).version == 2


async def test_a_bad_text_changes_nothing(home: Home) -> None:
    await save(home, OURS)
    with pytest.raises(DomainError):
        await save(home, Texts("{{ ''.__class__ }}{{ link }}", "x"))
    assert (await stored(home)).texts == OURS
    assert len(await events(home)) == 1


async def test_a_neighbours_texts_are_not_seen_and_do_not_move(home: Home, neighbour: Home) -> None:
    await save(neighbour, NEWER)
    assert (await stored(home)).texts is None
    await save(home, OURS)
    await reset(home)
    assert (await stored(neighbour)).texts == NEWER
    async with home.works.read(home.opener()) as work:
        assert not any(own.texts for _, own in await list_templates(work))


async def test_who_only_reads_may_not_write(home: Home) -> None:
    actor = Actor(ActorKind.API_KEY, permissions=frozenset({READ.name}))
    opener = OpenTenant(home.id, actor)
    async with home.works.write(opener) as work:
        await get_template(work, RESET)
        with pytest.raises(MissingPermission):
            await save_template(work, RESET, OURS)
        with pytest.raises(MissingPermission):
            await reset_template(work, RESET)


async def test_there_is_no_kind_but_those_of_the_catalogue() -> None:
    assert find_kind("invitation").name == "invitation"
    with pytest.raises(TemplateNotFound):
        find_kind("../../etc/passwd")
