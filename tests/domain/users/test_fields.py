"""Identifiers: what is accepted, what is refused, and which spellings are one and the same."""

import uuid

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tenantry.domain.users.fields import (
    caseless,
    email_key,
    normal_email,
    normal_phone,
    normal_username,
    username_key,
)
from tenantry.kernel.problems import FieldError

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
WORDS = st.text("abcXYZ0189äßİŁжЖ한é", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "original", "key"),
    [
        ("newuser@example.com", "newuser@example.com", "newuser@example.com"),
        (" Anita.Singh@Example.ORG ", "Anita.Singh@Example.ORG", "anita.singh@example.org"),
        ("user+tag@domain.com", "user+tag@domain.com", "user+tag@domain.com"),
        ("a@mail.test", "a@mail.test", "a@mail.test"),
        ("JÖRG@BÜCHER.de", "JÖRG@bücher.de", "jörg@xn--bcher-kva.de"),
        ("x@XN--BCHER-KVA.de", "x@XN--BCHER-KVA.de", "x@xn--bcher-kva.de"),
        ("x@\uff42ücher\u3002de", "x@bücher.de", "x@xn--bcher-kva.de"),
        ("用户@例子.广告", "用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v"),
        ("Postmaster@Example.com", "Postmaster@Example.com", "postmaster@example.com"),
    ],
)
def test_an_address_keeps_its_spelling_and_has_one_key(text: str, original: str, key: str) -> None:
    address = normal_email(text)
    assert (address.original, address.key) == (original, key)


@pytest.mark.parametrize(
    "text",
    [
        "user@localhost",
        "user@domain",
        "user@test",
        "user@printer.local",
        "user@1.2.3.4",
        "user@[1.2.3.4]",
        '"a b"@example.com',
        "a(comment)@example.com",
        "Bob <bob@example.com>",
        "a@b@example.com",
        "@example.com",
        "a@",
        "a..b@example.com",
        "a b@example.com",
        "a@example.com\0",
        "a\ud800@example.com",
        "a\u200b@example.com",
        "a\u202eb@example.com",
        "a@xn--zzzzzz99999.com",
        "",
        "   ",
        "a" * 65 + "@example.com",
        "a@" + "b" * 60 + ("." + "c" * 60) * 4 + ".com",
        "a" * 5_000_000 + "@example.com",
        None,
        7,
        ["a@example.com"],
    ],
)
def test_what_is_no_reachable_address_is_refused_by_name(text: object) -> None:
    with pytest.raises(FieldError) as caught:
        normal_email(text, "emails[0].value")
    assert caught.value.field == "emails[0].value"


@given(WORDS, st.sampled_from(["example.com", "EXAMPLE.org", "bücher.example.net", "x.test"]))
def test_case_never_makes_another_address(local: str, domain: str) -> None:
    address = normal_email(f"{local}@{domain}")
    assert normal_email(f"{local.upper()}@{domain.upper()}").key == address.key
    assert normal_email(address.original) == address
    assert normal_email(address.key).key == address.key
    assert email_key(f"{local}@{domain}") == address.key


@given(st.from_regex(r"[!-~]{1,20}@[!-~]{1,20}", fullmatch=True) | st.emails())
def test_the_short_way_to_a_key_agrees_with_the_long_one(text: str) -> None:
    try:
        address = normal_email(text)
    except FieldError:
        return
    assert email_key(text) == address.key


@given(ANY_TEXT)
@example("@\0")
@example("é@\ud800")
def test_looking_for_any_text_never_fails_and_never_yields_an_unstorable_key(text: str) -> None:
    for key in (email_key(text), username_key(text)):
        assert key is None or ("\0" not in key and key.encode())


@given(ANY_TEXT)
def test_any_text_is_an_address_or_a_refusal(text: str) -> None:
    try:
        key = normal_email(text).key
    except FieldError:
        return
    assert key.count("@") == 1
    assert caseless(key) == key


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+15551234567", "+15551234567"),
        ("+1 (555) 123-4567", "+15551234567"),
        ("+49\u00a030 / 123\u2011456", "+4930123456"),
        ("\uff0b\uff11\uff15\uff15\uff15\uff11\uff12\uff13\uff14\uff15\uff16\uff17", "+15551234567"),
        ("+39 06 1234567", "+39061234567"),
        ("+800 1234 5678", "+80012345678"),
    ],
)
def test_a_phone_number_becomes_e164(text: str, number: str) -> None:
    assert normal_phone(text) == number
    assert normal_phone(number) == number


def test_a_region_completes_a_national_number() -> None:
    assert normal_phone("(201) 555-0123", region="US") == "+12015550123"
    assert normal_phone("030 123456", region="DE") == "+4930123456"


@pytest.mark.parametrize(
    "text",
    [
        "5551234567",
        "+1253123",
        "+1 555 123 456 789",
        "+999123456789",
        "+1-800-FLOWERS",
        "+15551234567 ext 5",
        "call +15551234567",
        "+15551234567;ext=12",
        "+43000000",
        "+",
        "++15551234567",
        "",
        "+1555\0",
        "+" + "1" * 5_000_000,
        None,
        15551234567,
    ],
)
def test_what_is_no_phone_number_is_refused_by_name(text: object) -> None:
    with pytest.raises(FieldError) as caught:
        normal_phone(text)
    assert caught.value.field == "phoneNumber"


@given(ANY_TEXT | st.from_regex(r"\+?[0-9 ()./-]{1,24}", fullmatch=True))
def test_any_text_is_a_phone_number_that_stays_itself_or_a_refusal(text: str) -> None:
    try:
        number = normal_phone(text)
    except FieldError:
        return
    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdecimal()
    assert len(number) <= 18
    assert normal_phone(number) == number


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("johndoe", "johndoe"),
        ("John.Doe", "john.doe"),
        ("o'brien-2+x", "o'brien-2+x"),
        ("HOST$", "host$"),
        ("Jürgen", "jürgen"),
        ("Ju\u0308rgen", "jürgen"),
        ("Straße", "strasse"),
        ("山田太郎", "山田太郎"),
        ("محمد", "محمد"),
        ("123456", "123456"),
    ],
)
def test_a_username_has_one_key_without_case(text: str, key: str) -> None:
    assert normal_username(text).key == key
    assert username_key(text) == key


@pytest.mark.parametrize(
    "text",
    [
        "john@doe",
        "550e8400-e29b-41d4-a716-446655440000",
        "550E8400E29B41D4A716446655440000",
        "5551234567",
        "+1555",
        "555-123-4567",
        "(555)1234567",
        "john doe",
        "john\tdoe",
        "john\u200bdoe",
        "john\u202edoe",
        "john\0doe",
        "john\ud800",
        "\uff41dmin",
        "\ufb01ona",
        "john/doe",
        "john😀",
        "abcمحمد",
        "---",
        "",
        "x" * 129,
        None,
        5,
    ],
)
def test_what_may_be_taken_for_something_else_is_no_username(text: object) -> None:
    with pytest.raises(FieldError) as caught:
        normal_username(text)
    assert caught.value.field == "username"


@given(ANY_TEXT)
def test_any_username_that_is_accepted_is_no_other_identifier(text: str) -> None:
    try:
        username = normal_username(text)
    except FieldError:
        return
    assert normal_username(username.original) == username
    assert "@" not in username.original
    with pytest.raises(ValueError, match="badly formed"):
        uuid.UUID(username.original)
    with pytest.raises(FieldError):
        normal_email(username.original)
    assert username_key(text.strip()) == username.key


@given(st.text())
def test_a_key_does_not_depend_on_case_and_is_its_own_key(text: str) -> None:
    assert caseless(caseless(text)) == caseless(text)
    assert caseless(text.swapcase().casefold()) == caseless(text.swapcase())
