"""By which ways a password is recovered or set up, and what the identity API calls them."""

from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from tenantry.domain.codes.model import Channel, CodeKind, Form


class Method(StrEnum):
    """How somebody is sent what lets them choose a password."""

    EMAIL_LINK = "email_link"
    EMAIL_OTP = "email_otp"
    SMS_OTP = "sms_otp"

    @property
    def form(self) -> Form:
        return Form.LINK if self is Method.EMAIL_LINK else Form.OTP

    @property
    def channel(self) -> Channel:
        return Channel.SMS if self is Method.SMS_OTP else Channel.EMAIL


class By(StrEnum):
    """Who asked. `forced` is an administrator who demands a new password, and does not only offer one."""

    SELF = "self"
    ADMINISTRATOR = "administrator"
    FORCED = "forced"


SCENARIOS: dict[str, tuple[CodeKind, By, Method]] = {
    "ASK_PASSWORD": (CodeKind.PASSWORD_SETUP, By.ADMINISTRATOR, Method.EMAIL_LINK),
    "ASK_PASSWORD_VIA_EMAIL_OTP": (CodeKind.PASSWORD_SETUP, By.ADMINISTRATOR, Method.EMAIL_OTP),
    "ASK_PASSWORD_VIA_SMS_OTP": (CodeKind.PASSWORD_SETUP, By.ADMINISTRATOR, Method.SMS_OTP),
    "ADMIN_FORCED_PASSWORD_RESET_VIA_EMAIL_LINK": (CodeKind.PASSWORD_RESET, By.FORCED, Method.EMAIL_LINK),
    "ADMIN_FORCED_PASSWORD_RESET_VIA_OTP": (CodeKind.PASSWORD_RESET, By.FORCED, Method.EMAIL_OTP),
    "ADMIN_FORCED_PASSWORD_RESET_VIA_SMS_OTP": (CodeKind.PASSWORD_RESET, By.FORCED, Method.SMS_OTP),
}
"""The recovery scenarios of the identity API that end with a new password."""

_NAMES = {what: name for name, what in SCENARIOS.items()}


class Request(msgspec.Struct, frozen=True):
    """What was asked for, as it stands in the event: the kind of code, by whom, how it is to be sent, and the scenario that it
    belongs to where the identity API has one."""

    kind: CodeKind
    by: By
    method: Method
    scenario: str | None = None

    def data(self) -> dict[str, Any]:
        """As the `data` of an event."""
        facts = {"kind": self.kind.value, "by": self.by.value, "method": self.method.value}
        return facts if self.scenario is None else {**facts, "scenario": self.scenario}


def set_up(method: Method) -> Request:
    """Have somebody choose the first password of an account that was made for them."""
    what = (CodeKind.PASSWORD_SETUP, By.ADMINISTRATOR, method)
    return Request(*what, _NAMES[what])


def forced(method: Method) -> Request:
    """Have somebody choose a new password whether they want to or not."""
    what = (CodeKind.PASSWORD_RESET, By.FORCED, method)
    return Request(*what, _NAMES[what])


def request_of(data: dict[str, Any]) -> Request | None:
    """What the event of a request asks for; None where it was refused, and nothing is to be sent."""
    if "reason" in data or "method" not in data:
        return None
    kind, by, method = CodeKind(data["kind"]), By(data["by"]), Method(data["method"])
    return Request(kind, by, method, data.get("scenario"))


class Handle(msgspec.Struct, frozen=True):
    """What a page is told after a request: the id that a one-time code has or would have, whoever exists."""

    id: UUID
    method: Method
