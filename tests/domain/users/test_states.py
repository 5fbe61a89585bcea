"""The state table of docs/states.md, row by row."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from tenantry.domain.users.model import User
from tenantry.domain.users.states import Status, details_of, is_active, note, states_of

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
TABLE = Path(__file__).parents[3] / "docs" / "states.md"


def person(**facts: Any) -> User:
    empty: dict[str, Any] = dict.fromkeys(User.__struct_fields__, None)
    flags = dict.fromkeys(
        ("phone_verified", "blocked", "locked", "disabled", "phone_pending", "mfa_enabled"), False
    )
    plain = {"id": UUID(int=1), "kind": "person", "email": "ann@example.com", "email_verified": True}
    times = {
        "created_at": NOW,
        "updated_at": NOW,
        "version": 1,
        "state_notes": {},
        "profile": {},
        "custom_data": {},
    }
    return User(**{**empty, **flags, **plain, **times, **facts})


ROWS = [
    (Status.DELETED, {"deleted_at": NOW}, False),
    (Status.DISABLED, {"disabled": True}, False),
    (Status.SUSPENDED, {"blocked": True}, False),
    (Status.LOCKED, {"locked": True}, False),
    (Status.LOCKED, {"locked": True, "locked_until": NOW + timedelta(seconds=1)}, False),
    (Status.ACTIVE, {"locked": True, "locked_until": NOW}, True),
    (Status.EXPIRED, {"valid_until": NOW}, False),
    (Status.ACTIVE, {"valid_until": NOW + timedelta(seconds=1)}, True),
    (Status.PENDING_PASSWORD_RESET, {"password_pending": "reset"}, True),
    (Status.PENDING_INITIAL_PASSWORD_SETUP, {"password_pending": "initial_setup"}, False),
    (Status.PENDING_EMAIL_VERIFICATION, {"email_verified": False}, True),
    (Status.PENDING_MOBILE_VERIFICATION, {"phone_pending": True}, True),
    (Status.ACTIVE, {}, True),
    (Status.ACTIVE, {"email": None, "email_verified": False, "username": "ann"}, True),
]


@pytest.mark.parametrize(("status", "facts", "active"), ROWS)
def test_each_fact_gives_its_state(status: Status, facts: dict[str, Any], active: bool) -> None:
    user = person(**facts)
    assert states_of(user, NOW) == [status]
    assert is_active(user, NOW, verified_email_required=False) is active


def test_several_states_hold_at_once_and_the_strongest_comes_first() -> None:
    held = {"deleted_at": NOW, "disabled": True, "blocked": True, "locked": True, "password_pending": "reset"}
    user = person(**held, email_verified=False, phone_pending=True, valid_until=NOW)
    found = states_of(user, NOW)
    order = [status for status in Status if status in found]
    assert found == order
    assert len(found) == 8


def test_an_automatic_lockout_is_the_same_state_as_a_lock_that_a_person_set() -> None:
    user = person()
    assert states_of(user, NOW, NOW + timedelta(seconds=1)) == [Status.LOCKED]
    assert states_of(user, NOW, NOW) == [Status.ACTIVE]
    end = NOW + timedelta(minutes=5)
    assert not is_active(user, NOW, verified_email_required=False, locked_out_until=end)
    assert is_active(user, end, verified_email_required=False, locked_out_until=end)


def test_an_unverified_address_stops_a_sign_in_only_where_the_tenant_requires_it() -> None:
    user = person(email_verified=False)
    assert is_active(user, NOW, verified_email_required=False)
    assert not is_active(user, NOW, verified_email_required=True)


def test_a_demanded_password_stops_a_sign_in_only_where_the_old_one_is_dead() -> None:
    user = person(password_pending="reset")
    assert is_active(user, NOW, verified_email_required=False)
    assert not is_active(user, NOW, verified_email_required=False, reset_keeps_out=True)
    assert is_active(person(), NOW, verified_email_required=False, reset_keeps_out=True)


def test_every_state_but_active_has_its_details() -> None:
    end = NOW + timedelta(minutes=5)
    notes = {
        "deleted": note("left", "Ada", NOW, end),
        "suspended": note("fraud", "Ada", NOW),
        "locked": note("old", "Ada", NOW),
    }
    held = {"deleted_at": NOW, "blocked": True, "valid_until": NOW, "password_pending": "initial_setup"}
    user = person(**held, email_verified=False, phone_pending=True, state_notes=notes)
    found = details_of(user, NOW, NOW - timedelta(minutes=1), end)
    assert list(found) == [state.value for state in states_of(user, NOW, end)]
    assert len(found) == 7
    assert (found["deleted"], found["suspended"]) == (notes["deleted"], notes["suspended"])
    assert found["expired"] == found["pending_initial_password_setup"] == note(None, "", NOW)
    assert found["locked"] == note("MAX_ATTEMPTS_EXCEEDED", "", NOW - timedelta(minutes=1), end)
    nothing = {"reason": None, "by": None, "since": None, "until": None}
    assert found["pending_email_verification"] == found["pending_mobile_verification"] == nothing
    assert details_of(person(state_notes=notes), NOW) == {}


def test_a_service_needs_no_first_password() -> None:
    service = msgspec.structs.replace(person(password_pending="initial_setup"), kind="service")
    assert is_active(service, NOW, verified_email_required=False)


def test_the_documented_table_has_every_state_in_order_of_strength() -> None:
    named = [
        line.split("`")[1]
        for line in TABLE.read_text(encoding="utf-8").partition("\n## ")[0].splitlines()
        if line.startswith("| `")
    ]
    assert named == [status.value for status in Status]
