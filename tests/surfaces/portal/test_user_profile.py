"""The tab Profile: every field, what is wrong with it, and what somebody else changed meanwhile."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tenantry.domain.directory.queries import get_person
from tenantry.domain.provisioning.actions import change_person, remove_person
from tenantry.domain.users.model import User, UserChanges
from tenantry.domain.users.profile import clean_locale
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.surfaces.portal.user_choices import LANGUAGES
from tests.support.access import acting
from tests.support.makers import Home
from tests.support.portal_user import followed, one, press, profile_form, read
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio


async def stored(home: Home, person: Any) -> User:
    async with home.works.read(home.opener()) as work:
        return (await get_person(work, UserRef(person.user.id, None))).user


async def meanwhile(home: Home, person: Any, **fields: Any) -> None:
    """Somebody else changes the user."""
    async with acting(home) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await change_person(work, user, UserChanges(**fields))


async def saved(client: httpx.AsyncClient, person: Any, **fields: str) -> httpx.Response:
    """Opens the form, types into it and presses Save."""
    form = profile_form(await client.get(one(person)))
    assert set(fields) <= set(form), sorted(form)
    return await client.post(one(person), data=form | fields)


async def test_every_field_is_saved(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    fields = {
        "email": "anna@example.com",
        "username": "anna",
        "phoneNumber": "+1 202 555 0123",
        "name": "Anna Archer",
        "givenName": "Anna",
        "familyName": "Archer",
        "picture": "https://example.com/anna.png",
        "locale": "fr_CA",
        "zoneinfo": "America/Toronto",
        "validUntil": "2030-01-15T10:30",
        "profile.nickname": "Nan",
        "profile.birthdate": "1990-02-03",
        "profile.address.streetAddress": "1 Main St\r\nBack yard",
        "profile.address.locality": "Montreal",
        "customData": '{"plan": "pro", "limits": [1, 2.5]}',
    }
    answer = await saved(admin, ann, **fields)
    assert "The profile has been saved." in await followed(admin, answer)
    user = await stored(home, ann)
    assert (user.email, user.username, user.phone) == ("anna@example.com", "anna", "+12025550123")
    assert (user.name, user.given_name, user.family_name) == ("Anna Archer", "Anna", "Archer")
    assert (user.picture, user.locale) == ("https://example.com/anna.png", "fr-CA")
    assert (user.zoneinfo, user.valid_until) == (
        "America/Toronto",
        datetime(2030, 1, 15, 10, 30, tzinfo=UTC),
    )
    assert user.profile == {
        "nickname": "Nan",
        "birthdate": "1990-02-03",
        "address": {"streetAddress": "1 Main St\nBack yard", "locality": "Montreal"},
    }
    assert user.custom_data == {"plan": "pro", "limits": [1, 2.5]}


async def test_what_is_emptied_is_cleared(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user(
        name="Ann",
        locale="en",
        profile={"nickname": "Nan", "address": {"locality": "Paris"}},
        custom_data={"plan": "pro"},
        valid_until=datetime(2030, 1, 1, tzinfo=UTC),
    )
    empty = {"name": "", "locale": "", "profile.nickname": "", "profile.address.locality": ""}
    answer = await saved(admin, ann, **empty, customData="", validUntil="")
    assert answer.status_code == 303
    user = await stored(home, ann)
    assert (user.name, user.locale, user.profile, user.custom_data, user.valid_until) == (
        None,
        None,
        {},
        {},
        None,
    )


async def test_a_form_that_is_sent_back_as_it_came_changes_nothing(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user(
        name="Ann  Archer",
        phone="+12025550123",
        profile={"nickname": "Nan", "address": {"formatted": "a\nb"}},
        custom_data={"zz": 1.0, "a": ["ü", None, {"b": 10**30}]},
        valid_until=datetime(2030, 1, 1, 1, 2, 3, tzinfo=UTC),
    )
    before = await stored(home, ann)
    answer = await saved(admin, ann)
    assert "Nothing was different" in await followed(admin, answer)
    assert await stored(home, ann) == before


async def test_all_faults_are_named_at_once_under_their_fields_and_what_was_typed_stays(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user()
    before = await stored(home, ann)
    typed = {
        "email": "no address",
        "zoneinfo": "Mars/Base",
        "validUntil": "soon",
        "profile.birthdate": "yesterday",
        "customData": '{"plan": "pro",\n  "limits": }',
        "name": "Typed Name",
    }
    page = await saved(admin, ann, **typed)
    assert page.status_code == 422
    assert page.text.index("Look at the fields that are marked below.") < page.text.index("data-keep")
    text = read(page)
    assert "Is no JSON: line 2, position 13: expecting value." in text
    assert "Must be a time zone such as Europe/Paris" in text
    assert "Must be a date and a time, as in 2030-01-15T10:30." in text
    assert "Must be a date as YYYY-MM-DD, or a year as YYYY." in text
    for name in ("email", "zoneinfo", "validUntil", "profile.birthdate", "customData"):
        assert f'id="field-{name}-problems"' in page.text
    again = profile_form(page)
    assert {name: again[name] for name in typed} == typed
    assert await stored(home, ann) == before


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[1, 2]", "Must be an object"),
        ('"text"', "Must be an object"),
        ('{"a": NaN}', "Holds NaN, which is no number of JSON"),
        ("[" * 100_000, "Is nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "Holds a number that is too long"),
        ('{"a": "\\u0000"}', "contains the character U+0000"),
        ("{'a': 1}", "line 1, position 2"),
        (json.dumps({"a": "x" * 70_000}), "must be at most 65536 bytes"),
    ],
)
async def test_custom_data_that_cannot_be_kept_says_why(
    admin: httpx.AsyncClient, home: Home, text: str, problem: str
) -> None:
    ann = await home.user()
    page = await saved(admin, ann, customData=text)
    assert page.status_code == 422
    assert problem.lower() in read(page).lower()
    assert (await stored(home, ann)).custom_data == {}


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("email", "Bob@Example.com", "A user with this email already exists."),
        ("username", "BOB", "A user with this username already exists."),
        ("phoneNumber", "+1 (202) 555-0123", "A user with this phone number already exists."),
    ],
)
async def test_what_somebody_else_has_is_told_under_the_field_with_a_link_to_them(
    admin: httpx.AsyncClient, home: Home, field: str, typed: str, told: str
) -> None:
    ann = await home.user()
    bob = await home.user("bob@example.com", username="bob", phone="+12025550123", name="Bob <b>")
    page = await saved(admin, ann, **{field: typed})
    assert page.status_code == 409
    assert f"{told} " in read(page)
    assert f'value="{typed}"' in page.text
    assert f'href="/t/acme-corp/portal{one(bob)}">Open Bob &lt;b&gt;</a>' in page.text


async def test_the_link_leads_to_a_deleted_user_as_well_and_to_nobody_for_other_faults(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com", username="bob")
    async with acting(home) as work:
        await remove_person(work, bob.user, permanent=False, from_admin_api=False)
    page = await saved(admin, ann, username="bob", customData="[")
    assert f'href="/t/acme-corp/portal{one(bob)}">Open bob@example.com</a>' in page.text
    assert "Is no JSON" in page.text
    for other in ("ann@example", "ann@example.com"):
        page = await saved(admin, ann, email=other, customData="[")
        assert ">Open " not in page.text


async def test_languages_and_time_zones_are_offered_and_any_other_is_taken_too(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user(locale="gsw-CH", zoneinfo="US/Eastern")
    page = await admin.get(one(ann))
    assert '<option value="Europe/Paris">' in page.text
    assert '<option value="fr-CA" label="French (Canada)">' in page.text
    for field in ("locale", "zoneinfo"):
        assert page.text.count(f'list="choices-{field}"') == page.text.count(f'id="choices-{field}"') == 1
    form = profile_form(page)
    assert (form["locale"], form["zoneinfo"]) == ("gsw-CH", "US/Eastern")
    assert (await saved(admin, ann, name="Ann", zoneinfo="Asia/Calcutta")).status_code == 303
    user = await stored(home, ann)
    assert (user.locale, user.zoneinfo) == ("gsw-CH", "Asia/Calcutta")


async def test_every_language_that_is_offered_is_a_tag_as_it_is_stored_and_stands_there_once() -> None:
    tags = [tag for tag, _ in LANGUAGES]
    assert [clean_locale(tag) for tag in tags] == tags
    assert len(set(tags)) == len(tags)
    assert [name for _, name in LANGUAGES] == sorted({name for _, name in LANGUAGES}, key=str.casefold)


async def test_the_page_stays_light(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    page = await admin.get(one(ann), headers={"accept-encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    assert page.num_bytes_downloaded < 20_000


async def test_a_stale_form_shows_what_changed_meanwhile_and_overwrites_nothing(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user(name="Ann", locale="en")
    form = profile_form(await admin.get(one(ann)))
    await meanwhile(home, ann, name="Theirs", zoneinfo="Europe/Paris")
    page = await admin.post(one(ann), data=form | {"name": "Mine", "locale": "fr"})
    assert page.status_code == 409
    text = read(page)
    assert "What changed meanwhile" in text
    assert "Full name Ann Theirs Mine" in text
    assert "Time zone – Europe/Paris Not changed by you" in text
    user = await stored(home, ann)
    assert (user.name, user.locale) == ("Theirs", "en")
    again = profile_form(page)
    # One's own words stay, and what one has not touched follows the other's change.
    assert (again["name"], again["locale"], again["zoneinfo"]) == ("Mine", "fr", "Europe/Paris")
    assert (await admin.post(one(ann), data=again)).status_code == 303
    user = await stored(home, ann)
    assert (user.name, user.locale, user.zoneinfo) == ("Mine", "fr", "Europe/Paris")


async def test_what_changed_elsewhere_than_in_the_form_is_no_conflict(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user()
    form = profile_form(await admin.get(one(ann)))
    assert (await press(admin, ann, "/roles/add", roles="auditor")).status_code == 303
    assert (await stored(home, ann)).version > int(form["version"])
    assert (await admin.post(one(ann), data=form | {"name": "Ann"})).status_code == 303
    assert (await stored(home, ann)).name == "Ann"


async def test_a_form_that_does_not_say_what_it_was_is_stale_once_the_user_has_changed(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user(name="Ann")
    form = profile_form(await admin.get(one(ann))) | {"was": "{broken"}
    await meanwhile(home, ann, locale="fr")
    page = await admin.post(one(ann), data=form | {"name": "Mine"})
    assert page.status_code == 409
    assert (await stored(home, ann)).name == "Ann"


async def test_nobody_changes_the_address_of_somebody_stronger(enter: Enters, home: Home) -> None:
    boss = await home.user("boss@example.com", roles=["tenant_admin"])
    manager = await enter("user_manager")
    page = await saved(manager, boss, email="mine@example.com", name="Typed")
    assert page.status_code == 403
    assert "This user may do things that you may not" in page.text
    assert 'value="Typed"' in page.text
    assert (await stored(home, boss)).email == "boss@example.com"


async def test_an_address_and_a_number_are_marked_as_verified(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user(phone="+12025550123")
    for what in ("email", "phone"):
        answer = await press(admin, ann, "/mark-verified", what=what)
        assert "Marked as verified." in await followed(admin, answer)
    user = await stored(home, ann)
    assert (user.email_verified, user.phone_verified) == (True, True)


async def test_there_is_nothing_to_mark_where_there_is_no_number(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user()
    page = await press(admin, ann, "/mark-verified", what="phone")
    assert page.status_code == 422
    assert "The user has no phone number that could be verified." in read(page)


async def test_a_code_goes_to_a_number_that_is_not_verified(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user(phone="+12025550123", email_verified=True)
    assert (await press(admin, ann, "/resend", what="phone")).status_code == 303
    assert "Pending mobile verification" in read(await admin.get(one(ann)))
