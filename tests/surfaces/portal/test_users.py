"""The list of users: search, filters, order and page stand in the address."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

from tenantry.domain.invitations.actions import revoke_invitation
from tenantry.domain.roles.model import NewPermission
from tenantry.domain.roles.permission_actions import create_permission
from tenantry.domain.users.model import PasswordPending
from tenantry.kernel.clock import FrozenClock
from tests.support.invitations import accept, invited, offline_link
from tests.support.makers import Home
from tests.support.portal import statements
from tests.surfaces.portal.conftest import Enters
from tests.surfaces.portal.test_new_user import group

pytestmark = pytest.mark.asyncio
PART = {"hx-request": "true", "hx-request-type": "partial"}
USERS = "/access-management/users"
TITLE = re.compile(r'class="row-link"[^>]*>([^<]*)<')


INVITED = re.compile(r'<section class="card invited".*?</section>', re.DOTALL)
HEAD = re.compile(r'<th scope="col" aria-sort="(\w+)">\s*<a [^>]*>([^<]*)<svg.*?#chevron-(\w+)"', re.DOTALL)


def arrows(text: str) -> list[tuple[str, str, str]]:
    """The headings that say in which order the list is: the heading, the order in words, and where the arrow points."""
    return [(heading, order, arrow) for order, heading, arrow in HEAD.findall(text)]


def titles(text: str) -> list[str]:
    return TITLE.findall(text)


async def test_everybody_stands_in_the_list_the_newest_first(admin: httpx.AsyncClient, home: Home) -> None:
    await home.user("ann@example.com", name="Ann Archer", username="ann", phone="+12025550123")
    page = await admin.get(USERS)
    assert titles(page.text) == ["Ann Archer", "root@example.com"]
    known = page.text.partition('known-as">')[2].partition("</span></span>")[0]
    assert re.sub("<[^>]*>", "", known) == "ann@example.com · ann · +12025550123"
    assert "1–2 of 2" in page.text


@pytest.mark.parametrize("typed", ["archer", "ANN@EX", "ann_a", "2025550123"])
async def test_a_search_finds_by_whatever_somebody_is_called(
    admin: httpx.AsyncClient, home: Home, typed: str
) -> None:
    await home.user("ann@example.com", name="Ann Archer", username="ann_a", phone="+12025550123")
    await home.user("bob@example.com", name="Bob Baker")
    part = await admin.get(f"{USERS}?search={typed}", headers=PART)
    assert titles(part.text) == ["Ann Archer"]
    assert "<html" not in part.text


async def test_filters_combine_and_each_can_be_taken_away(admin: httpx.AsyncClient, home: Home) -> None:
    await home.user("ann@example.com", name="Ann Archer", blocked=True, roles=["auditor"])
    await home.user("bob@example.com", name="Bob Baker", blocked=True)
    page = await admin.get(f"{USERS}?status=suspended&role=auditor&search=example")
    assert titles(page.text) == ["Ann Archer"]
    assert 'href="/t/acme-corp/portal/access-management/users?status=suspended&amp;role=auditor"' in page.text
    assert '<option value="suspended" selected>' in page.text


async def test_a_day_stands_for_its_whole_length(
    admin: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    day = f"{clock.now():%Y-%m-%d}"
    assert titles((await admin.get(f"{USERS}?createdFrom={day}&createdTo={day}")).text) == [
        "root@example.com"
    ]
    before = f"{clock.now() - timedelta(days=1):%Y-%m-%d}"
    assert titles((await admin.get(f"{USERS}?createdTo={before}")).text) == []


async def test_empty_fields_of_the_filters_stay_out_of_the_address(admin: httpx.AsyncClient) -> None:
    part = await admin.get(f"{USERS}?search=root&status=&role=&createdFrom=", headers=PART)
    assert part.headers["hx-push-url"] == f"/t/acme-corp/portal{USERS}?search=root"


async def test_columns_turn_the_order_round(admin: httpx.AsyncClient, home: Home) -> None:
    await home.user("zoe@example.com", name="Zoe Zimmer")
    page = await admin.get(f"{USERS}?sortBy=name&sortDir=ASC")
    assert titles(page.text) == ["root@example.com", "Zoe Zimmer"]
    assert 'aria-sort="ascending"' in page.text
    assert "sortBy=name&amp;sortDir=DESC" in page.text


@pytest.mark.parametrize(
    ("query", "heading", "order", "first"),
    [
        ("sortBy=name", "User", "ascending", "root@example.com"),
        ("sortBy=createdAt", "Created", "descending", "Zoe Zimmer"),
        ("", "Created", "descending", "Zoe Zimmer"),
        ("sortBy=name&sortDir=desc", "User", "descending", "Zoe Zimmer"),
    ],
)
async def test_the_arrow_shows_the_order_that_holds(
    admin: httpx.AsyncClient, home: Home, query: str, heading: str, order: str, first: str
) -> None:
    await home.user("ann@example.com", name="Ann Archer")
    await home.user("zoe@example.com", name="Zoe Zimmer")
    page = await admin.get(f"{USERS}?{query}")
    assert titles(page.text)[0] == first
    assert arrows(page.text) == [(heading, order, "down" if order == "descending" else "up")]
    turned = "ASC" if order == "descending" else "DESC"
    assert f"sortDir={turned}" in page.text.partition("aria-sort")[2].partition("</th>")[0]


async def test_those_who_were_invited_stand_beside_those_who_wait_for_a_password(
    admin: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    await home.user("ann@example.com", name="Ann Archer", password_pending=PasswordPending.INITIAL_SETUP)
    made = await invited(home, "bob@example.com", name="Bob <Baker>", roles=["auditor"])
    await invited(neighbour, "theirs@example.com")
    for status in ("pending_initial_password_setup", "pending"):
        page = await admin.get(f"{USERS}?status={status}")
        [section] = INVITED.findall(page.text)
        assert titles(section) == ["Bob &lt;Baker&gt;"]
        assert ">Invited</span>" in section
        assert f"/access-management/invitations/{made}" in section
        assert "theirs@example.com" not in page.text
        table = page.text.partition("<tbody>")[2]
        assert titles(table) == ["Ann Archer"] if status != "pending" else "Ann Archer" in titles(table)
        assert "Pending initial password set-up</span>" in table


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=pending&search=BAKER", ["Bob Baker"]),
        ("status=pending&search=nobody", []),
        ("status=pending&role=auditor", ["Bob Baker"]),
        ("status=pending&role=user", []),
        ("status=pending&group=engineering", ["Carla"]),
        ("status=pending&createdFrom=2000-01-01", ["Carla", "Bob Baker"]),
        ("status=pending&createdTo=2000-01-01", []),
        ("status=pending&lastLoginFrom=2000-01-01", []),
        ("status=pending&page=2", []),
        ("status=pending_email_verification", []),
        ("status=active", []),
        ("", []),
    ],
)
async def test_among_the_invited_too_only_those_stand_there_who_match(
    admin: httpx.AsyncClient, home: Home, query: str, found: list[str]
) -> None:
    await group(home, "Engineering")
    await invited(home, "bob@example.com", name="Bob Baker", roles=["auditor"])
    await invited(home, "carla@example.com", name="Carla", groups=["engineering"])
    text = (await admin.get(f"{USERS}?{query}")).text
    assert [title for section in INVITED.findall(text) for title in titles(section)] == found
    assert INVITED.findall(text) or not found


async def test_whoever_waits_no_longer_is_not_among_the_invited(
    home: Home, clock: FrozenClock, enter: Enters
) -> None:
    await invited(home, "late@example.com")
    clock.advance(timedelta(days=8))
    await accept(home, await offline_link(home, await invited(home, "here@example.com")))
    revoked = await invited(home, "gone@example.com")
    async with home.works.write(home.opener()) as work:
        await revoke_invitation(work, revoked)
    admin = await enter("tenant_admin")
    assert INVITED.findall((await admin.get(f"{USERS}?status=pending")).text) == []


async def test_of_many_who_were_invited_a_few_stand_there_with_a_link_to_all(
    admin: httpx.AsyncClient, home: Home
) -> None:
    for number in range(7):
        await invited(home, f"guest{number}@example.com")
    await invited(home, "other@example.com")
    page = await admin.get(f"{USERS}?status=pending&search=guest")
    [section] = INVITED.findall(page.text)
    assert titles(section) == [f"guest{number}@example.com" for number in (6, 5, 4, 3, 2)]
    assert ">7</span>" in section
    [there] = re.findall(r'href="([^"]*/invitations\?[^"]*)"', section)
    listed = await admin.get(f"http://localhost:8400{unescape(there)}")
    assert len(titles(listed.text)) == 7
    assert "Waiting for an answer" in listed.text


async def test_pages_lead_on_and_back(admin: httpx.AsyncClient, home: Home) -> None:
    for number in range(25):
        await home.user(f"p{number}@example.com", name=f"Person {number}")
    first = await admin.get(f"{USERS}?limit=10")
    assert "1–10 of 26" in first.text
    second = await admin.get(f"{USERS}?limit=10&page=2")
    assert "11–20 of 26" in second.text
    assert "limit=10&amp;page=3" in second.text
    assert len(set(titles(first.text)) & set(titles(second.text))) == 0


async def test_beyond_what_can_be_counted_to_a_cursor_leads_on(
    admin: httpx.AsyncClient, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenantry.surfaces.portal.addresses.OFFSET_BOUND", 10)
    for number in range(25):
        await home.user(f"p{number}@example.com", name=f"Person {number}")
    first = await admin.get(f"{USERS}?limit=10")
    following = re.search(r'href="[^"]*(\?limit=10&amp;cursor=[^"]+)"', first.text)
    assert following is not None
    second = await admin.get(f"{USERS}{following[1].replace('&amp;', '&')}")
    assert second.status_code == 200
    assert "Further on among 26" in second.text
    assert not set(titles(first.text)) & set(titles(second.text))


async def test_the_number_of_rows_and_the_columns_are_kept(admin: httpx.AsyncClient) -> None:
    await admin.get(f"{USERS}?limit=50&columns=status")
    page = await admin.get(USERS)
    assert "Latest sign-in" not in page.text.partition("<thead>")[2].partition("</thead>")[0]
    assert ">50</a>" in page.text.replace(' aria-current="true"', "")


async def test_a_list_without_anybody_says_what_to_do(admin: httpx.AsyncClient) -> None:
    page = await admin.get(f"{USERS}?search=nobody-at-all")
    assert "Nobody matches" in page.text
    assert "Clear all" in page.text


@pytest.mark.parametrize("query", ["status=odd", "createdFrom=yesterday", "limit=7777", "page=0", "cursor=x"])
async def test_an_address_that_makes_no_sense_is_refused_in_words(
    admin: httpx.AsyncClient, query: str
) -> None:
    answer = await admin.get(f"{USERS}?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.text


async def test_script_in_a_name_is_text(admin: httpx.AsyncClient, home: Home) -> None:
    await home.user("ann@example.com", name="<script>alert(1)</script>")
    page = await admin.get(f"{USERS}?search=%3Cscript%3E")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("", 4),
        ("?search=roo&status=active&role=tenant_admin&group=none", 5),
        ("?search=roo&status=pending&role=tenant_admin&group=none", 6),
    ],
)
async def test_a_list_takes_few_statements(
    admin: httpx.AsyncClient, home: Home, query: str, most: int
) -> None:
    await invited(home, "root2@example.com", roles=["tenant_admin"])
    await admin.get(f"{USERS}{query}")
    before = statements()
    assert (await admin.get(f"{USERS}{query}")).status_code == 200
    # The first of them sets the tenant.
    assert statements() - before == most


async def test_the_palette_finds_pages_people_and_groups(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user("ann@example.com", name="Ann Audit")
    found = (await admin.get("/palette?find=audi")).text
    assert "Audit log" in found
    assert f"{USERS}/{ann.user.id}" in found
    assert "Nothing is called" in (await admin.get("/palette?find=qqqq")).text


@pytest.mark.parametrize("path", ["users", "groups", "roles", "invitations", "roles/permissions"])
async def test_a_page_after_the_last_leads_back_to_the_first(
    admin: httpx.AsyncClient, home: Home, path: str
) -> None:
    async with home.works.write(home.opener()) as work:
        await create_permission(work, NewPermission(slug="boat:row"))
    await group(home, "Staff")
    await invited(home)
    page = await admin.get(f"/access-management/{path}?page=9999&limit=10")
    assert page.status_code == 200
    assert "The list ends before it." in page.text
    assert f'href="/t/acme-corp/portal/access-management/{path}?limit=10">To the first page' in page.text
    assert "yet" not in page.text.partition('id="rows"')[2].partition("</section>")[0]


async def test_a_page_far_behind_of_what_nobody_matches_is_no_page_too_far(admin: httpx.AsyncClient) -> None:
    page = await admin.get("/access-management/users?page=9999&search=nowhere")
    assert "Nobody matches" in page.text
    assert "To the first page" not in page.text
