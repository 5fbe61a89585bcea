"""The texts of messages in the portal: the list, the editor, the preview in its frame, and the way back to the built-in text."""

from html import unescape
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tenantry.domain.mail_templates.actions import save_template
from tenantry.domain.mail_templates.catalogue import KINDS
from tenantry.domain.mail_templates.model import MailTemplate, Texts
from tenantry.domain.mail_templates.queries import get_template
from tenantry.domain.notices.actions import MOST_TESTS, TEST
from tenantry.domain.notices.deliveries import deliver_test
from tenantry.domain.notices.starters import starter
from tenantry.kernel.mail import MailboxEntry, MailboxMailer
from tests.support.database import SEALER
from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.support.running import task_env
from tests.support.settings import change
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
PATH = "configuration/mail-templates"
KIND = KINDS["password_reset"]
ONE = f"{PATH}/{KIND.name}"
OWN = {
    "subject": "Your key to {{ tenant_name }}",
    "text": "Go here:\r\n{{ link }}\r\n",
    "html": '<p><a href="{{ link }}">Go</a></p>',
}


async def form(client: httpx.AsyncClient, **changed: str) -> dict[str, str]:
    """The form of the editor with these texts, as a browser would send it."""
    page = await client.get(ONE)
    version = page.text.split('name="version" value="')[1].split('"')[0]
    return {"csrf": form_csrf(page), "version": version, **OWN, **changed}


async def stored(home: Home) -> MailTemplate:
    async with home.works.read(home.opener()) as work:
        return await get_template(work, KIND)


async def write(home: Home, text: str) -> None:
    """Somebody else writes a text."""
    async with home.works.write(home.opener()) as work:
        await save_template(work, KIND, Texts(text, "Theirs"))


async def test_every_kind_is_listed_as_built_in_or_ones_own(admin: httpx.AsyncClient, home: Home) -> None:
    page = await admin.get(PATH)
    for name, kind in KINDS.items():
        assert f'href="/t/acme-corp/portal/{PATH}/{name}"' in page.text
        assert kind.meaning in unescape(page.text)
    assert page.text.count(">Built-in<") == len(KINDS)
    await write(home, "Theirs: {{ link }}")
    assert (await admin.get(PATH)).text.count(">Your own<") == 1


@pytest.mark.parametrize("name", KINDS)
async def test_the_editor_begins_with_what_is_sent_and_names_every_variable(
    admin: httpx.AsyncClient, name: str
) -> None:
    page = await admin.get(f"{PATH}/{name}")
    assert page.status_code == 200
    text = unescape(page.text)
    built_in = starter(KINDS[name])
    for part in (built_in.text, built_in.html, built_in.subject):
        assert part is None or part in text
    for variable in KINDS[name].variables:
        assert f"<code>{variable.name}</code>" in page.text
        assert variable.meaning in text


async def test_a_text_is_saved_and_sent_from_then_on(admin: httpx.AsyncClient, home: Home) -> None:
    answer = await admin.post(ONE, data=await form(admin))
    assert answer.headers["location"].endswith(f"{KIND.name}?told=saved")
    found = await stored(home)
    assert found.texts == Texts("Go here:\n{{ link }}\n", OWN["subject"], OWN["html"])
    again = await admin.post(ONE, data=await form(admin))
    assert again.headers["location"].endswith("told=unchanged")


async def test_without_html_it_is_a_mail_of_plain_text(admin: httpx.AsyncClient, home: Home) -> None:
    assert (await admin.post(ONE, data=await form(admin, html=" "))).status_code == 303
    found = (await stored(home)).texts
    assert found is not None
    assert found.html is None


async def test_the_built_in_text_saved_is_no_text_of_ones_own(admin: httpx.AsyncClient, home: Home) -> None:
    built_in = starter(KIND)
    assert built_in.html is not None
    assert built_in.subject is not None
    same = {
        name: text.replace("\n", "\r\n") for name, text in (("text", built_in.text), ("html", built_in.html))
    }
    answer = await admin.post(ONE, data=await form(admin, subject=built_in.subject, **same))
    assert answer.headers["location"].endswith("told=unchanged")
    assert (await stored(home)).texts is None


@pytest.mark.parametrize(
    ("part", "typed", "said"),
    [
        ("text", "Hello\n{{ nobody }} {{ link }}", "Line 2: there is no variable 'nobody'"),
        ("text", "{% if first %}{{ link }}", "Line 1"),
        ("text", "Hello", "Must show {{ link }} in every case"),
        ("subject", "", "Must not be empty"),
        ("html", '<script>alert(1)</script><a href="{{ link }}">x</a>', "ine 1"),
        ("html", '<p title="{{ tenant_name }}">{{ link }}</p>', "ine 1"),
    ],
)
async def test_a_broken_text_is_told_with_its_line_under_its_field(
    admin: httpx.AsyncClient, home: Home, part: str, typed: str, said: str
) -> None:
    answer = await admin.post(ONE, data=await form(admin, **{part: typed}))
    assert answer.status_code == 422
    under = answer.text.split(f'id="{part}-problems"')[1].split("</ul>")[0]
    assert said in unescape(under)
    assert (await stored(home)).texts is None
    # What was typed stands in the form still.
    assert typed in unescape(answer.text)
    shown = (await admin.post(f"{ONE}/preview", data=await form(admin, **{part: typed}))).text
    assert "This text cannot be sent" in shown
    assert said in unescape(shown)
    assert "<script>alert" not in answer.text + shown


async def test_a_preview_shows_the_mail_with_example_values_in_a_frame_that_may_do_nothing(
    admin: httpx.AsyncClient, home: Home
) -> None:
    page = await admin.get(ONE)
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    shown = await admin.post(f"{ONE}/preview", data=await form(admin, view="html"))
    assert shown.status_code == 200
    assert shown.text == '<p><a href="https://id.example.com/t/acme/reset-password?token=example">Go</a></p>'
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    as_text = await admin.post(f"{ONE}/preview", data=await form(admin, view="text"))
    assert "Your key to Acme" in as_text.text
    assert "https://id.example.com/t/acme/reset-password?token=example" in as_text.text
    assert (await stored(home)).texts is None


async def test_a_preview_of_a_text_message_is_its_text(admin: httpx.AsyncClient) -> None:
    page = await admin.get(f"{PATH}/verify_phone_code")
    assert 'name="subject"' not in page.text
    typed = {"csrf": form_csrf(page), "version": "0", "text": "{{ code }} <b>"}
    shown = await admin.post(f"{PATH}/verify_phone_code/preview", data=typed)
    assert "<pre>123456 &lt;b&gt;</pre>" in shown.text


async def test_the_preview_of_the_built_in_text_is_what_is_sent(admin: httpx.AsyncClient) -> None:
    built_in = starter(KIND)
    assert built_in.html is not None
    typed = await form(
        admin, subject=str(built_in.subject), text=built_in.text, html=built_in.html, view="html"
    )
    shown = await admin.post(f"{ONE}/preview", data=typed)
    assert "Choose a new password" in shown.text


async def tests_sent(home: Home) -> list[tuple[Any, ...]]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(
            "select sent_to, template from mail_messages where kind = %s order by id", (TEST,)
        )


async def delivered(home: Home, folder: Path) -> MailboxEntry:
    """The one test that waits, as it arrives."""
    async with home.works.read(home.opener()) as work:
        message = await work.db.value("select id::text from mail_messages where kind = %s", (TEST,))
    env = msgspec.structs.replace(task_env(home.works, folder), sealer=SEALER)
    await deliver_test(env, {"tenant": str(home.id), "message": message})
    (letter,) = await MailboxMailer(folder / "mailbox").listed()
    return letter


async def test_a_test_goes_to_whoever_presses_the_button_with_the_texts_as_they_are_typed(
    admin: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    page = await admin.get(ONE)
    assert "Send a test to me" in page.text
    assert "It goes to root@example.com" in page.text
    answer = await admin.post(f"{ONE}/test", data=await form(admin, to="eve@example.org"))
    assert answer.status_code == 200
    assert "A test is on its way to root@example.com." in answer.text
    # The form is as it was, and nothing is saved.
    assert "Go here:\n{{ link }}\n</textarea>" in unescape(answer.text)
    assert (await stored(home)).texts is None
    assert await tests_sent(home) == [("root@example.com", KIND.name)]
    letter = await delivered(home, tmp_path)
    assert (letter.to, letter.subject) == ("root@example.com", "[Test] Your key to Acme")
    assert "https://id.example.com/t/acme/reset-password?token=example" in letter.text


async def test_a_test_of_the_built_in_text_looks_as_the_real_one(
    admin: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await change(home, "branding", accentColor="#7c3aed")
    built_in = starter(KIND)
    typed = await form(admin, subject=str(built_in.subject), text=built_in.text, html=str(built_in.html))
    assert (await admin.post(f"{ONE}/test", data=typed)).status_code == 200
    letter = await delivered(home, tmp_path)
    assert "#7c3aed" in str(letter.html)


async def test_a_broken_text_is_sent_to_nobody(admin: httpx.AsyncClient, home: Home) -> None:
    answer = await admin.post(f"{ONE}/test", data=await form(admin, text="Hello"))
    assert answer.status_code == 422
    assert "Must show {{ link }} in every case" in unescape(answer.text)
    assert await tests_sent(home) == []


async def test_a_text_message_goes_to_nobody_without_a_number(admin: httpx.AsyncClient, home: Home) -> None:
    page = await admin.get(f"{PATH}/verify_phone_code")
    assert "Your account has no phone number" in page.text
    assert "Send a test to me" not in page.text
    typed = {"csrf": form_csrf(page), "version": "0", "text": "{{ code }} is it"}
    answer = await admin.post(f"{PATH}/verify_phone_code/test", data=typed)
    assert answer.status_code == 409
    assert "No test has been sent" in answer.text
    assert "{{ code }} is it" in answer.text
    assert await tests_sent(home) == []


async def test_so_many_tests_an_hour_go_out_and_the_page_says_when_again(
    admin: httpx.AsyncClient, home: Home
) -> None:
    typed = await form(admin)
    for _ in range(MOST_TESTS):
        assert (await admin.post(f"{ONE}/test", data=typed)).status_code == 200
    answer = await admin.post(f"{ONE}/test", data=typed)
    assert answer.status_code == 429
    assert "At most 20 test messages go out in an hour" in answer.text
    assert "Go here:" in answer.text
    assert len(await tests_sent(home)) == MOST_TESTS


async def test_a_broken_text_that_is_stale_as_well_overwrites_nothing_once_it_is_mended(
    admin: httpx.AsyncClient, home: Home
) -> None:
    typed = await form(admin, text="Hello")
    await write(home, "Theirs: {{ link }}")
    broken = await admin.post(ONE, data=typed)
    version = broken.text.split('name="version" value="')[1].split('"')[0]
    mended = await admin.post(ONE, data={**typed, "text": "Mine: {{ link }}", "version": version})
    assert mended.status_code == 409
    found = (await stored(home)).texts
    assert found is not None
    assert found.text == "Theirs: {{ link }}"


async def test_a_text_that_somebody_else_changed_meanwhile_is_shown_beside_ones_own(
    admin: httpx.AsyncClient, home: Home
) -> None:
    typed = await form(admin)
    await write(home, "Theirs, and\n{{ link }}")
    answer = await admin.post(ONE, data=typed)
    assert answer.status_code == 409
    found = (await stored(home)).texts
    assert found is not None
    assert found.text == "Theirs, and\n{{ link }}"
    shown = unescape(answer.text)
    assert '<del class="diff-before">theirs: Theirs, and</del>' in shown
    assert '<ins class="diff-after">yours:  Go here:</ins>' in shown
    # One's own text is in the form, with the version of theirs: pressed once more it is saved.
    assert "Go here:\n{{ link }}\n</textarea>" in shown
    version = answer.text.split('name="version" value="')[1].split('"')[0]
    assert (await admin.post(ONE, data={**typed, "version": version})).status_code == 303
    mine = (await stored(home)).texts
    assert mine is not None
    assert mine.subject == OWN["subject"]


async def test_long_texts_are_not_compared_line_by_line(admin: httpx.AsyncClient, home: Home) -> None:
    typed = await form(admin, text="{{ link }}\n" + "mine\n" * 600)
    await write(home, "{{ link }}\n" + "theirs\n" * 600)
    answer = await admin.post(ONE, data=typed)
    assert answer.status_code == 409
    assert "too long to compare: 601 lines of theirs, 601 of yours" in answer.text
    assert "yours:  mine" not in answer.text


async def test_a_reset_is_confirmed_and_brings_the_built_in_text_back(
    admin: httpx.AsyncClient, home: Home
) -> None:
    assert "Reset to default" not in (await admin.get(ONE)).text
    await write(home, "Theirs: {{ link }}")
    assert "Reset to default" in (await admin.get(ONE)).text
    typed = await form(admin)
    unconfirmed = await admin.post(f"{ONE}/reset", data=typed)
    assert unconfirmed.status_code == 422
    assert "Tick the box" in unconfirmed.text
    stale = await admin.post(f"{ONE}/reset", data={**typed, "confirmed": "yes", "version": "0"})
    assert stale.status_code == 409
    assert (await stored(home)).texts is not None
    answer = await admin.post(f"{ONE}/reset", data={**typed, "confirmed": "yes"})
    assert answer.headers["location"].endswith("told=reset")
    assert (await stored(home)).texts is None


async def test_the_neighbour_keeps_its_text(admin: httpx.AsyncClient, home: Home, neighbour: Home) -> None:
    await admin.post(ONE, data=await form(admin))
    assert (await stored(neighbour)).texts is None


async def test_an_unknown_kind_is_not_there(admin: httpx.AsyncClient) -> None:
    assert (await admin.get(f"{PATH}/nothing")).status_code == 404


async def grant_reading(home: Home) -> None:
    """Lets auditors see the texts."""
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            """
            insert into role_permissions (role_id, permission_id)
            select r.id, p.id
            from roles r, permissions p
            where r.slug = 'auditor'
              and p.slug = 'templates:read'
            """
        )


async def test_whoever_may_only_look_can_preview_and_change_nothing(enter: Enters, home: Home) -> None:
    await grant_reading(home)
    looker = await enter("auditor")
    page = await looker.get(ONE)
    assert page.status_code == 200
    assert " readonly" in page.text
    assert "</svg> Save</button>" not in page.text
    typed: dict[str, Any] = {**await form(looker), "confirmed": "yes"}
    assert (await looker.post(f"{ONE}/preview", data=typed)).status_code == 200
    assert "Send a test" not in page.text
    for path in (ONE, f"{ONE}/reset", f"{ONE}/test"):
        forged = await looker.post(path, data=typed)
        assert forged.status_code == 403, path
        assert "templates:write" in forged.text
    assert (await stored(home)).texts is None


async def test_whoever_may_not_look_is_refused(auditor: httpx.AsyncClient) -> None:
    assert (await auditor.get(PATH)).status_code == 403
    assert (await auditor.get(ONE)).status_code == 403
    field = form_csrf(await auditor.get("audit-log"))
    assert (await auditor.post(f"{ONE}/preview", data={"csrf": field, **OWN})).status_code == 403


@pytest.mark.parametrize("path", [ONE, f"{ONE}/reset", f"{ONE}/preview", f"{ONE}/test"])
async def test_a_form_of_another_page_is_refused(admin: httpx.AsyncClient, home: Home, path: str) -> None:
    typed = await form(admin, csrf="made-up", confirmed="yes")
    assert (await admin.post(path, data=typed)).status_code == 403
    assert (await stored(home)).texts is None
    assert await tests_sent(home) == []


async def test_no_page_takes_more_than_six_statements(admin: httpx.AsyncClient) -> None:
    for path in (PATH, ONE):
        await admin.get(path)
        before = statements()
        await admin.get(path)
        assert statements() - before <= 6
