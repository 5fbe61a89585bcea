"""Inviting many people at once, by pasted addresses or by a file."""

import html
import re
from typing import Any

import httpx
import pytest

from tenantry.surfaces.portal import invitation_bulk
from tenantry.surfaces.portal.picks import picked_in
from tests.support.access import events_of
from tests.support.invitations import invited
from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.surfaces.portal.conftest import Enters
from tests.surfaces.portal.test_new_user import TICKED, group, problems, recruiter

pytestmark = pytest.mark.asyncio
BULK = "/access-management/invitations/bulk"
ROW = re.compile(r'<th scope="row">([^<]*)</th>\s*<td>(?:<svg.*?</svg>) ([^<]*)</td>', re.DOTALL)


async def paste(
    browser: httpx.AsyncClient, addresses: str = "", content: bytes | None = None, **fields: Any
) -> httpx.Response:
    """Sends the form as a browser does: always with the part of the file, which is empty where none was chosen."""
    page = await browser.get(BULK)
    file = ("", b"", "application/octet-stream") if content is None else ("people.csv", content, "text/csv")
    form = {"csrf": form_csrf(page), "addresses": addresses, "message": "", **fields}
    return await browser.post(BULK, data=form, files={"file": file})


def results(page: httpx.Response) -> dict[str, str]:
    """What was answered to each entry, in the order of the page."""
    return {html.unescape(entry): html.unescape(says) for entry, says in ROW.findall(page.text)}


async def emails(home: Home) -> list[str]:
    async with home.works.read(home.opener()) as work:
        return [row[0] for row in await work.db.all("select email from invitations order by email")]


async def test_whoever_can_be_invited_is_and_the_others_have_a_reason(
    admin: httpx.AsyncClient, home: Home
) -> None:
    bob = await home.user("bob@example.com")
    carla = await invited(home, "carla@example.com")
    await group(home, "Engineering")
    answer = await paste(
        admin,
        "\r\n".join(
            [
                "Anita Singh <anita@example.com>",
                "bob@example.com",
                "",
                "carla@example.com",
                "nonsense <b>",
                "dan@example.com",
                "DAN@example.com",
            ]
        ),
        groups=["engineering"],
        roles=["auditor"],
        message="Welcome!\r\nMonday.",
    )
    assert answer.status_code == 200
    assert "2 of 6 invited" in answer.text
    assert list(results(answer).items()) == [
        ("bob@example.com", "A user with this email already exists."),
        ("carla@example.com", "There is an open invitation for this email."),
        ("nonsense <b>", "Is not a valid email address: An email address must have an @-sign."),
        ("DAN@example.com", "There is an open invitation for this email."),
        ("Anita Singh <anita@example.com>", "Invited."),
        ("dan@example.com", "Invited."),
    ]
    assert f"/access-management/users/{bob.user.id}" in answer.text
    assert f"/access-management/invitations/{carla}" in answer.text
    assert await emails(home) == ["anita@example.com", "carla@example.com", "dan@example.com"]
    async with home.works.read(home.opener()) as work:
        row = await work.db.one(
            "select name, message, roles, groups from invitations where email = 'anita@example.com'"
        )
    assert row == ("Anita Singh", "Welcome!\nMonday.", ["auditor"], ["engineering"])


async def test_those_who_were_refused_can_be_corrected_and_sent_again(
    admin: httpx.AsyncClient, home: Home
) -> None:
    answer = await paste(admin, "anita@example.com\nBob <bob@nowhere>", roles=["auditor"])
    assert "\nBob &lt;bob@nowhere&gt;</textarea>" in answer.text
    assert '<input type="hidden" name="roles" value="auditor">' in answer.text
    form = {"csrf": form_csrf(answer), "addresses": "Bob <bob@example.com>", "roles": "auditor"}
    answer = await admin.post(BULK, data=form)
    assert results(answer) == {"Bob <bob@example.com>": "Invited."}
    assert "The mails are on their way." in answer.text
    assert len(await events_of(home, "user.invited")) == 2


async def test_a_file_is_read_beside_what_was_pasted(admin: httpx.AsyncClient, home: Home) -> None:
    table = "Name;E-Mail\r\nŽofie Nováková;zofie@example.com\r\n".encode("utf-8-sig")
    answer = await paste(admin, "anita@example.com", table)
    assert list(results(answer).values()) == ["Invited.", "Invited."]
    async with home.works.read(home.opener()) as work:
        assert await work.db.value("select name from invitations where email = 'zofie@example.com'") == (
            "Žofie Nováková"
        )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04\xff\xfe\x00", "This is no text file in UTF-8."),
        ("Žofie, z@example.com".encode("cp1250"), "This is no text file in UTF-8."),
    ],
)
async def test_a_file_that_is_no_text_is_refused(
    admin: httpx.AsyncClient, home: Home, content: bytes, says: str
) -> None:
    answer = await paste(admin, "anita@example.com", content, roles=["auditor"])
    assert answer.status_code == 422
    assert problems(answer)["file"].startswith(says)
    assert "anita@example.com</textarea>" in answer.text
    assert TICKED.findall(answer.text) == ["auditor"]
    assert await emails(home) == []


async def test_nobody_at_all_and_too_many_are_refused(admin: httpx.AsyncClient, home: Home) -> None:
    answer = await paste(admin, " \r\n ")
    assert problems(answer) == {"addresses": "Paste at least one address, or choose a file with some."}
    many = "\n".join(f"a{number}@example.com" for number in range(1001))
    answer = await paste(admin, many)
    assert answer.status_code == 422
    assert "at most 1,000 people" in problems(answer)["addresses"].lower()
    assert await emails(home) == []


async def test_what_is_too_large_is_refused_and_what_was_pasted_is_not_lost(
    admin: httpx.AsyncClient, home: Home
) -> None:
    form = await admin.get(BULK)
    assert "may have 1 MB" in form.text
    assert 'data-most-bytes="1000000"' in form.text
    answer = await paste(
        admin, "anita@example.com", b"a@example.com\n" * 72_000, roles=["auditor"], message="Hi"
    )
    assert answer.status_code == 413
    assert set(problems(answer)) == {"file"}
    assert "at most 1 MB" in problems(answer)["file"]
    assert "\nanita@example.com</textarea>" in answer.text
    assert "\nHi</textarea>" in answer.text
    assert TICKED.findall(answer.text) == ["auditor"]
    pasted = "\n".join(f"person.number{number}@example.com" for number in range(80_000))
    answer = await paste(admin, pasted)
    assert answer.status_code == 413
    assert set(problems(answer)) == {"addresses"}
    assert f"\n{pasted}</textarea>" in answer.text
    assert "data-keep-unread" not in answer.text
    assert await emails(home) == []


async def test_what_is_too_large_to_be_read_is_left_to_the_browser(
    admin: httpx.AsyncClient, home: Home
) -> None:
    answer = await paste(admin, "", b"a@example.com\n" * 300_000)
    assert answer.status_code == 413
    assert "at most 1 MB" in problems(answer)["addresses"]
    assert "data-keep-unread" in answer.text
    assert await emails(home) == []


async def test_what_holds_for_all_is_told_in_the_form(admin: httpx.AsyncClient, home: Home) -> None:
    await group(home, "Sales")
    answer = await paste(admin, "anita@example.com\nbob@example.com", groups=["gone", "sales"])
    assert answer.status_code == 422
    assert problems(answer)["groups"].startswith("The group “gone” was deleted or renamed")
    assert TICKED.findall(answer.text) == ["sales"]
    assert "anita@example.com\nbob@example.com</textarea>" in answer.text
    answer = await paste(admin, "anita@example.com", message="x" * 2001)
    assert set(problems(answer)) == {"message"}
    assert await emails(home) == []


async def test_what_is_no_form_is_refused(admin: httpx.AsyncClient) -> None:
    kind = {"content-type": "multipart/form-data; boundary=x"}
    part = b'--x\r\ncontent-disposition: form-data; name="addresses"\r\n\r\n\xff\xfe\r\n--x--\r\n'
    for content, headers in (
        (part, kind),
        (part.replace(b"\r\n\r\n", b"\r\ncontent-type: text/plain; charset=none\r\n\r\n", 1), kind),
        (b"nothing", kind),
        (b"", {"content-type": "multipart/form-data"}),
    ):
        assert (await admin.post(BULK, content=content, headers=headers)).status_code == 400
    assert (
        await admin.post(BULK, content=b"{}", headers={"content-type": "application/json"})
    ).status_code == 422


async def test_whoever_may_not_invite_is_refused(auditor: httpx.AsyncClient, home: Home) -> None:
    assert (await auditor.get(BULK)).status_code == 403
    form = {"csrf": form_csrf(await auditor.get("/audit-log")), "addresses": "anita@example.com"}
    forged = await auditor.post(BULK, data=form)
    assert (forged.status_code, "users:create" in forged.text) == (403, True)
    assert await emails(home) == []


async def test_nobody_gives_out_to_many_what_they_may_not_give(home: Home, enter: Enters) -> None:
    browser = await recruiter(home, enter)
    assert (await paste(browser, "anita@example.com", roles=["auditor"])).status_code == 403
    manager = await enter("user_manager")
    answer = await paste(manager, "anita@example.com", roles=["tenant_admin"])
    assert answer.status_code == 403
    assert problems(answer)["roles"].startswith("You cannot hand out the role tenant_admin")
    assert await emails(home) == []


async def test_a_form_of_another_site_changes_nothing(admin: httpx.AsyncClient, home: Home) -> None:
    answer = await admin.post(BULK, data={"csrf": "forged", "addresses": "anita@example.com"})
    assert answer.status_code == 403
    assert await emails(home) == []


async def test_the_page_takes_few_statements(admin: httpx.AsyncClient) -> None:
    before = statements()
    await admin.get(BULK)
    assert statements() - before == 2


@pytest.mark.parametrize("signed_in", [True, False])
async def test_only_what_somebody_sends_who_may_invite_is_read(
    auditor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, signed_in: bool
) -> None:
    monkeypatch.setattr(invitation_bulk, "decode_upload", None)
    if not signed_in:
        auditor.cookies.clear()
    answer = await auditor.post(BULK, data={"addresses": "anita@example.com"})
    assert answer.status_code == (403 if signed_in else 303)


async def test_what_is_given_to_all_is_limited_and_counts_as_well(
    admin: httpx.AsyncClient, home: Home
) -> None:
    answer = await paste(admin, "anita@example.com", groupsTyped=" ".join(f"g{n}" for n in range(501)))
    assert answer.status_code == 422
    assert problems(answer)["groups"] == "At most 500 can be given at once."
    answer = await paste(admin, "anita@example.com", groupsTyped="x " * 500_000)
    assert answer.status_code == 413
    assert await emails(home) == []


async def test_the_pick_of_a_form_is_read_once_for_all_addresses(
    admin: httpx.AsyncClient, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = picked_in

    def counting(form: Any, kind: Any) -> list[str]:
        read.append(kind)
        return real(form, kind)

    monkeypatch.setattr(invitation_bulk, "picked_in", counting)
    await paste(admin, "\n".join(f"anita{number}@example.com" for number in range(20)))
    assert len(await emails(home)) == 20
    assert read == ["roles", "groups"]
