"""The standard claims: shapes, limits, and every fault named by its path."""

from typing import Any

import pytest

from tenantry.domain.users.profile import (
    clean_birthdate,
    clean_locale,
    clean_profile,
    clean_url,
    clean_zoneinfo,
    merged_profile,
    usual_zones,
)
from tenantry.kernel.errors import DomainError
from tenantry.kernel.problems import FieldError


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/avatar.jpg",
        "http://localhost:8400/a?b=c#d",
        "https://[::1]/a",
        "https://bücher.example/ä",
        "HTTPS://EXAMPLE.COM",
    ],
)
def test_an_http_address_is_kept(url: str) -> None:
    assert clean_url("picture", url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "ftp://example.com/a",
        "//example.com/a",
        "/avatar.jpg",
        "https://",
        "https:///a",
        "https://example.com/a b",
        "https://example.com/<a>",
        "https://example.com\\a",
        "https://user:pw@example.com/",
        "https://example.com:99999/",
        "https://[::1/",
        "https://example.com/" + "a" * 2048,
        "https://example.com/\0",
        7,
    ],
)
def test_any_other_address_is_refused_by_name(url: object) -> None:
    with pytest.raises(FieldError) as caught:
        clean_url("picture", url)
    assert caught.value.field == "picture"


@pytest.mark.parametrize(
    ("tag", "clean"),
    [
        ("en", "en"),
        ("EN-us", "en-US"),
        ("de_AT", "de-AT"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("sl-rozaj-biske", "sl-rozaj-biske"),
        ("de-DE-u-co-phonebk", "de-DE-u-co-phonebk"),
        ("", None),
        (None, None),
    ],
)
def test_a_language_tag_gets_its_customary_case(tag: object, clean: str | None) -> None:
    assert clean_locale(tag) == clean


@pytest.mark.parametrize("tag", ["e", "english language", "en-", "-en", "en-US-", "123", "en\0", 5, "e" * 70])
def test_what_is_no_language_tag_is_refused(tag: object) -> None:
    with pytest.raises(FieldError):
        clean_locale(tag)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Argentina/Buenos_Aires", "UTC", "Asia/Kolkata"])
def test_a_time_zone_is_known_by_its_name(zone: str) -> None:
    assert clean_zoneinfo(zone) == zone


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "europe/paris", "+02:00", "Europe/", 2])
def test_what_is_no_time_zone_is_refused(zone: object) -> None:
    with pytest.raises(FieldError):
        clean_zoneinfo(zone)


@pytest.mark.parametrize("date", ["1990-02-28", "2000-02-29", "0000-02-29", "1984", "0000-12-31"])
def test_a_birthdate_may_hide_its_year_or_its_day(date: str) -> None:
    assert clean_birthdate("birthdate", date) == date


@pytest.mark.parametrize(
    "date",
    [
        "1990-02-30",
        "1990-13-01",
        "1990-2-3",
        "1990-02",
        "0000",
        "90",
        "1990/02/03",
        "\uff11\uff19\uff19\uff10",
        1990,
    ],
)
def test_what_is_no_date_is_no_birthdate(date: object) -> None:
    with pytest.raises(FieldError):
        clean_birthdate("birthdate", date)


def test_all_claims_come_out_clean() -> None:
    given: dict[str, Any] = {
        "middleName": " Maria ",
        "nickname": "Ani",
        "preferredUsername": "anita",
        "profile": "https://example.com/anita",
        "website": "https://anita.example",
        "gender": "female",
        "birthdate": "1990-05-01",
        "address": {"formatted": "1 Road\nTown", "postalCode": "12345", "region": ""},
    }
    clean = clean_profile(given)
    assert clean["middleName"] == "Maria"
    assert clean["address"] == {"formatted": "1 Road\nTown", "postalCode": "12345"}
    assert clean_profile(clean) == clean


def test_every_claim_in_fault_is_named_by_its_path() -> None:
    with pytest.raises(DomainError) as caught:
        clean_profile(
            {"birthdate": "soon", "website": "javascript:0", "address": {"country": 1, "locality": "a\nb"}}
        )
    assert set(caught.value.fields) == {
        "profile.birthdate",
        "profile.website",
        "profile.address.country",
        "profile.address.locality",
    }


def test_unknown_claims_are_named_and_the_list_stays_short() -> None:
    with pytest.raises(DomainError) as caught:
        clean_profile({"xyz": 1})
    assert set(caught.value.fields) == {"profile.xyz"}
    with pytest.raises(DomainError) as caught:
        clean_profile({f"k{n}": n for n in range(10_000)})
    assert len(caught.value.fields) == 10
    with pytest.raises(DomainError) as caught:
        clean_profile({"a\0\ud800": 1, "address": {"zip": "1"}})
    assert all(field.isprintable() for field in caught.value.fields)


@pytest.mark.parametrize("value", [[], "x", 5, {"address": "1 Road"}])
def test_a_profile_and_an_address_are_objects(value: object) -> None:
    with pytest.raises(DomainError, match="must be an object"):
        clean_profile(value)


def test_null_removes_a_claim_and_silence_keeps_it() -> None:
    stored = {"nickname": "Ani", "gender": "female"}
    changes = clean_profile({"nickname": None, "website": "https://a.example", "address": {}})
    assert merged_profile(stored, changes) == {"gender": "female", "website": "https://a.example"}


def test_the_zones_that_are_offered_are_those_of_every_country_and_each_is_taken() -> None:
    zones = usual_zones()
    assert {"Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"} <= set(zones)
    assert len(set(zones)) == len(zones) > 400
    assert [clean_zoneinfo(zone) for zone in zones] == list(zones)
