"""Who may sign up."""

import pytest

from tenantry.domain.registration.errors import RegistrationClosed
from tenantry.domain.registration.rules import normal_domain, refuse_closed, refuse_foreign_domain
from tenantry.domain.tenants.model import Registration
from tenantry.kernel.problems import FieldError


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("example.com", "example.com"),
        (" @Example.COM. ", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("bü cher", "bü cher"),
        ("", ""),
    ],
)
def test_a_domain_is_compared_in_its_ascii_form(written: str, normal: str) -> None:
    assert normal_domain(written) == normal


def test_without_a_list_every_domain_is_allowed() -> None:
    refuse_foreign_domain(Registration(), "a@anything.example")


@pytest.mark.parametrize("key", ["a@sub.example.com", "a@example.com.evil.example", "a@notexample.com"])
def test_a_domain_below_or_around_an_allowed_one_is_another(key: str) -> None:
    settings = Registration(allowed_email_domains=["example.com"])
    refuse_foreign_domain(settings, "a@example.com")
    with pytest.raises(FieldError):
        refuse_foreign_domain(settings, key)


@pytest.mark.parametrize(
    ("settings", "by_invitation"),
    [(Registration(), False), (Registration(enabled=True, mode="invitation_only"), True)],
)
def test_nobody_signs_up_where_it_is_closed(settings: Registration, by_invitation: bool) -> None:
    with pytest.raises(RegistrationClosed) as caught:
        refuse_closed(settings)
    assert caught.value.by_invitation is by_invitation
    refuse_closed(Registration(enabled=True))
