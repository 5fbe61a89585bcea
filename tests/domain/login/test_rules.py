"""What comes next in a sign-in, and whom an identifier names."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from tenantry.domain.login.model import Facts, Step
from tenantry.domain.login.rules import named_by, next_step, same_place, throttle_key
from tenantry.domain.users.identifiers import Identifiers
from tenantry.kernel.work import TenantFacts


def tenant(**settings: Any) -> TenantFacts:
    return TenantFacts(UUID(int=1), "acme-corp", "Acme", msgspec.Raw(msgspec.json.encode(settings)))


@pytest.mark.parametrize(
    ("proven", "unverified", "outdated", "step"),
    [
        (False, True, True, Step.PASSWORD),
        (True, True, True, Step.VERIFY_EMAIL),
        (True, False, True, Step.CHANGE_PASSWORD),
        (True, True, False, Step.VERIFY_EMAIL),
        (True, False, False, Step.DONE),
    ],
)
def test_the_steps_come_in_one_order(proven: bool, unverified: bool, outdated: bool, step: Step) -> None:
    facts = Facts(proven=proven, email_unverified=unverified, password_outdated=outdated)
    assert next_step(facts) is step


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (" Ann@Example.com ", Identifiers(email_key="ann@example.com")),
        ("Ann", Identifiers(username_key="ann")),
        ("+1 (555) 123-4567", Identifiers(phone="+15551234567", username_key="+1 (555) 123-4567")),
        ("", Identifiers()),
        ("x" * 321, Identifiers()),
        ("ann\x00", Identifiers()),
    ],
)
def test_an_identifier_is_read_in_every_way_that_it_could_be_meant(typed: str, found: Identifiers) -> None:
    assert named_by(tenant(), typed) == found


def test_only_what_the_tenant_allows_names_somebody() -> None:
    only_email = tenant(signIn={"identifiers": ["email"]})
    assert named_by(only_email, "ann") == Identifiers()
    assert named_by(only_email, "+15551234567") == Identifiers()
    assert named_by(only_email, "ann@example.com") == Identifiers(email_key="ann@example.com")


def test_a_number_without_its_country_is_of_the_tenants_own() -> None:
    german = tenant(accounts={"defaultPhoneRegion": "DE"})
    assert named_by(german, "030 1234567").phone == "+49301234567"
    assert named_by(tenant(), "030 1234567").phone is None


def test_tries_are_counted_together_however_an_address_is_written() -> None:
    assert throttle_key(" Ann@Example.COM") == throttle_key("ann@example.com")
    assert throttle_key("ANN") == throttle_key("ann")


def test_a_household_keeps_its_place_although_its_address_changes() -> None:
    assert same_place("2001:db8::1", "2001:db8::2")
    assert not same_place("2001:db8::1", "2001:db8:0:1::1")
    assert not same_place("192.0.2.7", "192.0.2.8")
    assert not same_place(None, "192.0.2.7")
