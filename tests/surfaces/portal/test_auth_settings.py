"""The settings in the portal: made from what checks them, saved one by one, and never over what somebody else has changed."""

import re
from html import unescape
from typing import Any

import httpx
import msgspec
import pytest

from tenantry.domain.tenants.queries import get_own_tenant
from tenantry.surfaces.kit.setting_sections import SECTIONS
from tenantry.surfaces.portal.setting_fields import kinds
from tenantry.surfaces.portal.setting_words import ELSEWHERE, LABELS, SECTION_LABELS, TABS
from tests.support.makers import Home
from tests.support.portal import form_csrf, statements
from tests.support.settings import change
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
PATH = "configuration/auth-settings"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
Fields = dict[str, Any]


def form_of(page: httpx.Response, tab: str, **changed: Any) -> Fields:
    """The form of a tab as a browser would send it, with some of its fields changed; None unticks a switch."""
    form: Fields = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
    form["csrf"] = form_csrf(page)
    shown = msgspec.json.decode(str(form["shown"]))
    for kind in kinds(next(sections for name, _, sections in TABS if name == tab)):
        value = shown[kind.name]
        if kind.control == "switch":
            form |= {kind.name: "on"} if value else {}
        else:
            form[kind.name] = value if kind.control == "boxes" else kind.typed(value)
    for name, value in changed.items():
        form[name] = value
    return {name: value for name, value in form.items() if value is not None}


async def opened(client: httpx.AsyncClient, tab: str) -> httpx.Response:
    page = await client.get(PATH, params={"tab": tab})
    assert page.status_code == 200, page.text
    return page


async def save(client: httpx.AsyncClient, tab: str, **changed: Any) -> httpx.Response:
    return await client.post(PATH, data=form_of(await opened(client, tab), tab, **changed))


async def stored(home: Home) -> dict[str, Any]:
    async with home.works.read(home.opener()) as work:
        found: dict[str, Any] = msgspec.json.decode((await get_own_tenant(work)).settings)
    return found


async def test_every_setting_stands_on_one_tab_under_a_name_of_its_own() -> None:
    on_tabs = [section for _, _, sections in TABS for section in sections]
    assert sorted([*on_tabs, *ELSEWHERE]) == sorted(SECTIONS)
    names = {kind.name for kind in kinds(tuple(on_tabs))}
    assert names == set(LABELS)
    assert set(on_tabs) == set(SECTION_LABELS)


async def test_every_tab_shows_each_of_its_settings_with_help_and_default(admin: httpx.AsyncClient) -> None:
    for tab, _, sections in TABS:
        page = await opened(admin, tab)
        for kind in kinds(sections):
            assert f'id="{kind.name}"' in page.text
            assert f'id="{kind.name}-help"' in page.text
            assert kind.label.replace("'", "&#39;") in page.text
        assert page.text.count("Default: ") == len(kinds(sections))
        # What is the default already has no way back to it.
        assert "Back to default" not in page.text


async def test_only_what_was_changed_is_saved(admin: httpx.AsyncClient, home: Home) -> None:
    answer = await save(admin, "sign-in", **{"lockout.maxFailures": "7", "signIn.rememberMe": None})
    assert answer.headers["location"].endswith("auth-settings?tab=sign-in&told=saved")
    assert await stored(home) == {"lockout": {"maxFailures": 7}, "signIn": {"rememberMe": False}}
    page = await admin.get(answer.headers["location"].replace("/t/acme-corp/portal/", ""))
    assert "The settings have been saved." in page.text
    assert 'value="7"' in page.text
    assert (await save(admin, "sign-in")).headers["location"].endswith("told=unchanged")


async def test_every_control_takes_its_value(admin: httpx.AsyncClient, home: Home) -> None:
    changed = {
        "registration.enabled": "on",
        "registration.mode": "invitation_only",
        "registration.allowedEmailDomains": "example.com\r\n example.org ",
    }
    assert (await save(admin, "registration", **changed)).status_code == 303
    assert (
        await save(admin, "recovery", **{"recovery.methods": ["email_otp", "sms_otp"]})
    ).status_code == 303
    assert (await save(admin, "accounts", **{"accounts.defaultPhoneRegion": "GB"})).status_code == 303
    assert (await save(admin, "sign-in", **{"lockout.factor": "1.5"})).status_code == 303
    assert await stored(home) == {
        "registration": {
            "enabled": True,
            "mode": "invitation_only",
            "allowedEmailDomains": ["example.com", "example.org"],
        },
        "recovery": {"methods": ["email_otp", "sms_otp"]},
        "accounts": {"defaultPhoneRegion": "GB"},
        "lockout": {"factor": 1.5},
    }


@pytest.mark.parametrize(
    ("tab", "field", "typed", "said"),
    [
        ("sign-in", "lockout.maxFailures", "0", "Must be a whole number from 1 to 100."),
        ("sign-in", "lockout.maxFailures", "many", "Must be a whole number from 1 to 100."),
        ("sign-in", "lockout.maxFailures", "9" * 400, "Must be a whole number from 1 to 100."),
        ("sign-in", "lockout.factor", "nan", "Must be a number from 1 to 10."),
        ("sign-in", "signIn.identifiers", [], "Must have at least one."),
        ("sign-in", "signIn.identifiers", ["fax"], "Is none of what can be chosen here."),
        ("registration", "registration.mode", "closed", "Is none of what can be chosen here."),
        (
            "accounts",
            "accounts.defaultPhoneRegion",
            "Britain",
            "Must be the two capital letters of a country, as in GB.",
        ),
        ("passwords", "passwordPolicy.minLength", "4", "Must be a whole number from 8 to 256."),
    ],
)
async def test_what_is_not_right_is_told_under_its_field_and_nothing_is_saved(
    admin: httpx.AsyncClient, home: Home, tab: str, field: str, typed: Any, said: str
) -> None:
    other = next(
        kind
        for kind in kinds(next(s for name, _, s in TABS if name == tab))
        if kind.control == "switch" and kind.name != field
    )
    answer = await save(admin, tab, **{field: typed, other.name: None if other.default else "on"})
    assert answer.status_code == 422
    assert "Look at the fields that are marked below." in answer.text
    assert "Look at the fields" not in (await opened(admin, tab)).text
    found = re.search(rf'id="{re.escape(field)}-problems">(.*?)</ul>', answer.text, re.DOTALL)
    assert found is not None
    assert said in found[1]
    assert await stored(home) == {}
    # What else was typed is there still.
    switch = re.search(rf'id="{re.escape(other.name)}"[^>]*>', answer.text)
    assert switch is not None
    assert ("checked" in switch[0]) is not other.default


async def test_what_does_not_go_together_is_told_under_each_by_its_label(
    admin: httpx.AsyncClient, home: Home
) -> None:
    changed = {"passwordPolicy.minLength": "200", "passwordPolicy.maxLength": "100"}
    answer = await save(admin, "passwords", **changed)
    assert answer.status_code == 422
    said = "“Shortest password” must not be greater than “Longest password”."
    for name in changed:
        under = answer.text.split(f'id="{name}-problems"')[1].split("</ul>")[0]
        assert said in unescape(under)
    assert "minLength must" not in answer.text
    assert await stored(home) == {}


async def test_a_value_goes_back_to_its_default_and_what_was_typed_stays(
    admin: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "lockout", maxFailures=9)
    page = await opened(admin, "sign-in")
    assert 'name="default" value="lockout.maxFailures"' in page.text
    form = form_of(page, "sign-in", default="lockout.maxFailures", **{"lockout.minutes": "11"})
    filled = await admin.post(PATH, data=form)
    assert "The default is filled in" in filled.text
    assert re.search(r'id="lockout.minutes"[^>]*value="11"', filled.text)
    assert re.search(r'id="lockout.maxFailures"[^>]*value="5"', filled.text)
    assert await stored(home) == {"lockout": {"maxFailures": 9}}
    again = form_of(filled, "sign-in", **{"lockout.maxFailures": "5"})
    assert (await admin.post(PATH, data=again)).status_code == 303
    assert await stored(home) == {}


async def test_an_emptied_field_is_its_default(admin: httpx.AsyncClient, home: Home) -> None:
    await change(home, "lockout", maxFailures=9)
    assert (await save(admin, "sign-in", **{"lockout.maxFailures": " "})).status_code == 303
    assert await stored(home) == {}


async def test_what_somebody_else_changed_meanwhile_is_shown_and_not_overwritten(
    admin: httpx.AsyncClient, home: Home
) -> None:
    page = await opened(admin, "sign-in")
    await change(home, "lockout", maxFailures=9, minutes=15)
    changed = {"lockout.maxFailures": "7", "lockout.factor": "3"}
    answer = await admin.post(PATH, data=form_of(page, "sign-in", **changed))
    assert answer.status_code == 409
    assert (await stored(home))["lockout"] == {"maxFailures": 9, "minutes": 15}
    told = re.findall(r"<td>([^<]*)</td><td><strong>([^<]*)</strong></td><td>([^<]*)</td>", answer.text)
    assert told == [("5", "9", "7"), ("30 minutes", "15 minutes", "–")]
    # One's own values stand in the form, beside those of others where one changed nothing.
    for name, value in {"maxFailures": "7", "minutes": "15", "factor": "3"}.items():
        assert re.search(rf'id="lockout.{name}"[^>]*value="{value}"', answer.text), name
    own = {"lockout.maxFailures": "7", "lockout.minutes": "15", "lockout.factor": "3"}
    assert (await admin.post(PATH, data=form_of(answer, "sign-in", **own))).status_code == 303
    assert (await stored(home))["lockout"] == {"maxFailures": 7, "minutes": 15, "factor": 3}


async def test_a_change_on_another_tab_is_no_conflict(admin: httpx.AsyncClient, home: Home) -> None:
    page = await opened(admin, "sign-in")
    await change(home, "sessions", idleMinutes=45)
    changed = form_of(page, "sign-in", **{"lockout.minutes": "15"})
    assert (await admin.post(PATH, data=changed)).status_code == 303
    assert await stored(home) == {"lockout": {"minutes": 15}, "sessions": {"idleMinutes": 45}}


async def test_the_neighbour_keeps_its_settings(
    admin: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    await save(admin, "sign-in", **{"lockout.minutes": "15"})
    assert await stored(neighbour) == {}


async def test_whoever_may_only_look_sees_values_and_is_refused_by_the_domain(
    enter: Enters, admin: httpx.AsyncClient, home: Home
) -> None:
    looker = await enter("app_manager")
    page = await opened(looker, "sign-in")
    assert "<fieldset disabled>" in page.text
    assert ">Save<" not in page.text
    assert "</svg> Save</button>" not in page.text
    for more in ({}, {"default": "lockout.minutes"}):
        forged = form_of(page, "sign-in", **{"lockout.minutes": "15"}, **more)
        answer = await looker.post(PATH, data=forged)
        assert answer.status_code == 403
        assert "settings:write" in answer.text
    assert await stored(home) == {}


@pytest.mark.parametrize("broken", [{"csrf": "made-up"}, {"csrf": None}])
async def test_a_form_of_another_page_is_refused(
    admin: httpx.AsyncClient, home: Home, broken: dict[str, Any]
) -> None:
    answer = await save(admin, "sign-in", **{"lockout.minutes": "15"}, **broken)
    assert answer.status_code == 403
    assert await stored(home) == {}


async def test_whoever_may_not_read_the_settings_is_refused(auditor: httpx.AsyncClient) -> None:
    assert (await auditor.get(PATH)).status_code == 403


async def test_a_form_whose_hidden_fields_are_broken_overwrites_nothing(
    admin: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "lockout", maxFailures=9)
    for broken in ({"shown": "{"}, {"shown": "[]"}, {"version": "x"}):
        answer = await save(admin, "sign-in", **{"lockout.minutes": "15"}, **broken)
        assert answer.status_code == 303, broken
        assert (await stored(home))["lockout"] == {"maxFailures": 9, "minutes": 15}
    form = {**form_of(await opened(admin, "sign-in"), "sign-in"), "tab": "nothing"}
    assert (await admin.post(PATH, data=form)).status_code == 400


async def test_script_in_a_setting_is_text(admin: httpx.AsyncClient) -> None:
    typed = "<script>alert(1)</script>"
    answer = await save(admin, "accounts", **{"accounts.defaultPhoneRegion": typed})
    assert answer.status_code == 422
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "<script>alert" not in answer.text


async def test_the_page_takes_at_most_six_statements(admin: httpx.AsyncClient) -> None:
    await opened(admin, "sign-in")
    before = statements()
    await opened(admin, "sign-in")
    assert statements() - before <= 6


async def test_nobody_saves_a_way_to_sign_in_that_shuts_them_out(
    admin: httpx.AsyncClient, home: Home
) -> None:
    tab = next(name for name, _, sections in TABS if "signIn" in sections)
    page = await save(admin, tab, **{"signIn.identifiers": ["username"]})
    assert page.status_code == 422
    assert "You could no longer sign in yourself: you have no username." in page.text
    assert "signIn" not in await stored(home)
