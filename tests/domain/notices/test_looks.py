"""A tenant's looks in its mails."""

from pathlib import Path
from uuid import UUID

import pytest

from tenantry.domain.branding.actions import set_logo
from tenantry.domain.mail_templates.actions import save_template
from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.mail_templates.model import Medium, Texts
from tenantry.domain.notices.actions import preview, send_test
from tenantry.domain.notices.deliveries import deliver_test
from tenantry.domain.notices.invitation_mails import mail_invitation
from tenantry.domain.notices.recovery_mails import mail_password_reset
from tenantry.domain.notices.rendering import Letter, built_in, written
from tenantry.domain.recovery.request_actions import request_password_reset
from tenantry.kernel.mail import MailboxMailer, Message
from tests.support.invitations import invited
from tests.support.makers import Home
from tests.support.pictures import picture
from tests.support.running import task_env
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
HOST = "https://id.example.com"
MAILS = [kind for kind in KINDS.values() if kind.medium is Medium.EMAIL]
RESET = KINDS["password_reset"]


async def give_looks(home: Home, width: int = 400, height: int = 100) -> None:
    await change(home, "branding", accentColor="#ffff00")
    async with home.works.write(home.opener()) as work:
        await set_logo(work, picture(width=width, height=height))


async def mail(home: Home, kind: str = "password_reset", address: str | None = HOST) -> Message:
    letter = Letter("ann@example.com", kind, KINDS[kind].examples)
    async with home.works.read(home.opener()) as work:
        made = await written(work, letter, address)
    assert isinstance(made, Message)
    return made


@pytest.mark.parametrize("kind", MAILS, ids=lambda kind: kind.name)
async def test_a_mail_shows_the_logo_and_its_words_stay_the_same(home: Home, kind: object) -> None:
    name = kind.name  # type: ignore[attr-defined]
    plain = await mail(home, name)
    await give_looks(home)
    branded = await mail(home, name)
    assert branded.html is not None
    assert f'<img src="{HOST}/t/acme-corp/branding/logo-' in branded.html
    # 400 x 100, as wide as a mail lets it be.
    assert 'width="192" height="48" alt=""' in branded.html
    assert (branded.subject, branded.text) == (plain.subject, plain.text)


async def test_the_button_has_the_accent_made_dark_enough_for_its_white_words(home: Home) -> None:
    await give_looks(home)
    html = (await mail(home)).html or ""
    assert "background-color: #7a7a00; color: #ffffff" in html
    assert "#0b766e" not in html


async def test_a_tenant_without_looks_gets_the_mail_that_everybody_got(home: Home, neighbour: Home) -> None:
    await give_looks(neighbour)
    html = (await mail(home)).html or ""
    assert "<img" not in html
    assert "background-color: #0b766e; color: #ffffff" in html
    assert html == built_in(RESET, RESET.examples).html


async def test_a_high_logo_is_shown_smaller_and_a_small_one_as_it_is(home: Home) -> None:
    await give_looks(home, width=96, height=960)
    assert 'width="5" height="48"' in ((await mail(home)).html or "")
    await give_looks(home, width=40, height=20)
    assert 'width="40" height="20"' in ((await mail(home)).html or "")


async def test_without_a_public_address_no_logo_is_shown(home: Home) -> None:
    await give_looks(home)
    assert "<img" not in ((await mail(home, address=None)).html or "")


async def test_a_preview_shows_what_will_be_sent(home: Home) -> None:
    await give_looks(home)
    async with home.works.read(home.opener()) as work:
        shown = await preview(work, RESET, None, HOST)
    assert f"{HOST}/t/acme-corp/branding/logo-" in (shown.html or "")


async def test_whoever_writes_their_own_text_decides_how_it_looks(home: Home) -> None:
    await give_looks(home)
    async with home.works.write(home.opener()) as work:
        await save_template(work, RESET, Texts("{{ link }}", "Reset", '<a href="{{ link }}">Go</a>'))
    assert "<img" not in ((await mail(home)).html or "")


async def test_the_mails_that_jobs_send_show_the_logo_below_the_public_address(
    home: Home, neighbour: Home, tmp_path: Path
) -> None:
    await give_looks(home)
    env = task_env(home.works, tmp_path)
    person = await home.user("ann@example.com")
    async with home.works.write(home.opener()) as work:
        await request_password_reset(work, person.user)
        test = await send_test(work, RESET, "ann@example.com", None, env.sealer, env.settings.address)
    await invited(home)
    async with home.works.read(home.opener()) as work:
        events: dict[str, UUID] = dict(await work.db.all("select type, id from events"))
    about = {"tenant": str(home.id)}
    await mail_password_reset(env, {**about, "event": str(events["user.password_reset_requested"])})
    await mail_invitation(env, {**about, "event": str(events["user.invited"])})
    await deliver_test(env, {**about, "message": str(test)})
    mails = await MailboxMailer(tmp_path / "mailbox").listed()
    assert len(mails) == 3
    for sent in mails:
        assert '<img src="http://localhost:8400/t/acme-corp/branding/logo-' in (sent.html or "")
