"""Identifiers of a user in the one form that is compared: email address, phone number, username."""

import re
import unicodedata
import uuid

import msgspec

from tenantry.kernel import lazy
from tenantry.kernel.problems import FieldError, clean_text, forbidden_character

MAX_EMAIL = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets of a path
MAX_USERNAME = 128
_MAX_PHONE_TEXT = 64
_PHONE_TEXT = re.compile(r"\+?[\d\s().\-/\u2010-\u2015\u2212]+")
_NO_PHONE = "is not a phone number of any country, such as +15551234567"
_LOOKS_LIKE_PHONE = re.compile(r"[\d+\-.()]+")
# The shortest complete international numbers have seven digits, country code included.
_FEWEST_PHONE_DIGITS = 7
_USERNAME_SIGNS = frozenset("._-+'$")
_LETTERS_MARKS_DIGITS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd"})


class EmailAddress(msgspec.Struct, frozen=True):
    """An email address. Mail goes to `original`; `key` is what is compared and must be unique in a tenant.

    Two spellings with one key may be two mailboxes elsewhere, so mail never goes to what somebody typed to
    find a user.
    """

    original: str
    key: str


class Username(msgspec.Struct, frozen=True):
    """A username as its owner writes it, and the `key` under which it is unique in a tenant."""

    original: str
    key: str


def caseless(text: str) -> str:
    """The form in which two texts that differ only in case are equal (Unicode section 3.13, definition
    D145)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def normal_email(text: object, field: str = "email") -> EmailAddress:
    """A valid address in both of its forms. Raises FieldError.

    RFC 5321 and RFC 6531 (internationalised). Refused, although the grammar has them: quoted local parts,
    comments, address literals, display names, domains without a dot and those that can't be reached from
    everywhere, such as `.local`. `example.com` and its kin and the domain `.test` are accepted, because
    documentation and tests use them (RFC 6761). No name server is asked.
    """
    address = clean_text(field, text, MAX_EMAIL)
    if address is None:
        raise FieldError(field, "must not be empty")
    library = lazy.email_validator()
    try:
        # `test_environment` does nothing but open the domain `.test`; nor is any global list of the library
        # touched.
        valid = library.validate_email(
            address, check_deliverability=False, test_environment=True, strict=True
        )
    except library.EmailNotValidError as error:
        raise FieldError(field, f"is not a valid email address: {error}") from None
    domain = str(valid.ascii_domain)
    if "." not in domain:
        raise FieldError(field, "is not a valid email address: the domain must have a dot, as in example.com")
    original = address if address.isascii() else str(valid.normalized)
    return EmailAddress(original, f"{caseless(str(valid.local_part))}@{domain.lower()}")


def email_key(text: str) -> str | None:
    """The key under which an address would be stored, or None where `text` can't be anybody's.

    Cheap for ASCII, where the key is the address in lower case; it is what finds a user by the address in a
    path.
    """
    if "@" not in text or len(text) > MAX_EMAIL:
        return None
    if text.isascii():
        return text.lower() if text.isprintable() else None
    try:
        return normal_email(text).key
    except FieldError:
        return None


def normal_phone(text: object, region: str | None = None, field: str = "phoneNumber") -> str:
    """The number in E.164 form, such as `+15551234567`. Raises FieldError.

    `region` is the ISO 3166 code of the country in which a number without `+` is dialled. The length must
    fit the country's numbering plan; whether the range has been assigned is not asked, since plans change
    faster than any table and the fictitious 555 numbers of documentation must work.
    """
    number = clean_text(field, text, _MAX_PHONE_TEXT)
    if number is None:
        raise FieldError(field, "must not be empty")
    number = unicodedata.normalize("NFKC", number)
    # The library would find a number within other text and turn letters into digits: fine for a telephone
    # keypad, wrong for something that identifies a person.
    if not _PHONE_TEXT.fullmatch(number):
        raise FieldError(field, "must be a phone number of digits, such as +15551234567")
    if region is None and not number.startswith("+"):
        raise FieldError(field, "must start with + and the country code, such as +15551234567")
    canonical = _e164(field, number, region)
    # A row of zeros behind the country code loses one each time the library reads it. Nobody has such a
    # number, and an identifier must be its own canonical form.
    if _e164(field, canonical, None) != canonical:
        raise FieldError(field, _NO_PHONE)
    return canonical


def normal_username(text: object, field: str = "username") -> Username:
    """A username in both of its forms. Raises FieldError.

    After UsernameCaseMapped of RFC 8265: letters, marks and digits of any script and `. _ - + ' $`; no form
    of a letter that only looks like another one, no invisible characters, text from right to left only as
    RFC 5893 allows it. It must not be taken for another identifier: no `@`, no UUID, no phone number.
    """
    name = clean_text(field, text, MAX_USERNAME)
    if name is None:
        raise FieldError(field, "must not be empty")
    if "@" in name:
        raise FieldError(field, "must not contain @; an address belongs into the field email")
    refused = next((sign for sign in name if not _may_stand_in_username(sign)), None)
    if refused is not None:
        raise FieldError(field, f"must not contain {_shown(refused)}, only letters, digits and . _ - + ' $")
    if not any(sign.isalnum() for sign in name):
        raise FieldError(field, "must contain a letter or a digit")
    if unicodedata.normalize("NFKC", name) != name:
        raise FieldError(field, "contains a special form of a letter or digit; write it plainly")
    if _is_uuid(name):
        raise FieldError(field, "must not have the form of a UUID")
    if _looks_like_phone(name):
        raise FieldError(field, "must not have the form of a phone number")
    if not name.isascii():
        _check_direction(field, name)
    return Username(name, caseless(name))


def username_key(text: str) -> str | None:
    """The key under which a username would be stored, or None where `text` can't be anybody's."""
    if not text or "@" in text or len(text) > MAX_USERNAME or forbidden_character(text) is not None:
        return None
    return caseless(text)


def _e164(field: str, number: str, region: str | None) -> str:
    library = lazy.phonenumbers()
    try:
        parsed = library.parse(number, region)
    except library.NumberParseException:
        raise FieldError(field, _NO_PHONE) from None
    reason = library.is_possible_number_with_reason(parsed)
    if reason != library.ValidationResult.IS_POSSIBLE:
        fault = "long" if reason == library.ValidationResult.TOO_LONG else "short"
        raise FieldError(field, f"is too {fault} for a number of country +{parsed.country_code}")
    return str(library.format_number(parsed, library.PhoneNumberFormat.E164))


def _may_stand_in_username(sign: str) -> bool:
    return sign in _USERNAME_SIGNS or unicodedata.category(sign) in _LETTERS_MARKS_DIGITS


def _shown(sign: str) -> str:
    if sign == " ":
        return "spaces"
    return sign if sign.isprintable() else f"the character U+{ord(sign):04X}"


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _looks_like_phone(text: str) -> bool:
    if not _LOOKS_LIKE_PHONE.fullmatch(text):
        return False
    return text.startswith("+") or sum(sign.isdecimal() for sign in text) >= _FEWEST_PHONE_DIGITS


def _check_direction(field: str, name: str) -> None:
    if not any(unicodedata.bidirectional(sign) in {"R", "AL", "AN"} for sign in name):
        return
    library = lazy.idna()
    try:
        library.check_bidi(name)
    except library.IDNABidiError:
        raise FieldError(field, "mixes directions of writing, so that it can't be shown clearly") from None
