"""A session as the APIs show it, and its device as pages name it."""

from uuid import UUID

import msgspec

from tenantry.domain.sessions.device import Device, device_of
from tenantry.domain.sessions.model import Session
from tenantry.surfaces.kit.wire import Moment


class DeviceView(msgspec.Struct, frozen=True):
    """What the browser says of itself: desktop, mobile, tablet, program or bot; null where that is unknown."""

    type: str | None
    os: str | None
    browser: str | None


class LocationView(msgspec.Struct, frozen=True):
    """Where an address is, as far as a database of addresses tells."""

    city: str | None
    country: str | None


class SessionView(msgspec.Struct, frozen=True, rename="camel"):
    """A session that is alive, with the address and browser of its start. `lastActiveAt` may be some seconds behind; `location`
    is null unless the operator has named a database of addresses."""

    id: UUID
    user_id: UUID
    user_email: str
    ip_address: str | None
    user_agent: str | None
    device: DeviceView
    location: LocationView | None
    auth_method: str
    mfa_verified: bool
    remember: bool
    created_at: Moment
    last_active_at: Moment
    expires_at: Moment


ICONS = {"mobile": "device-mobile", "tablet": "device-tablet", "program": "terminal", "bot": "terminal"}


def device_name(device: Device) -> str:
    """What a device is called: "Firefox 140 on Linux", as far as it says what it is."""
    known = [part for part in (device.browser, device.os) if part]
    return " on ".join(known) if known else "Unknown device"


def device_icon(device: Device) -> str:
    """The name of the icon for a kind of device."""
    return ICONS.get(device.type or "", "device-desktop")


def session_view(session: Session) -> SessionView:
    device = device_of(session.user_agent)
    return SessionView(
        session.id,
        session.user_id,
        session.user_label,
        session.ip,
        session.user_agent,
        DeviceView(device.type, device.os, device.browser),
        None,
        session.method,
        False,
        session.remember,
        session.created_at,
        session.last_seen_at,
        session.expires_at,
    )


EXAMPLE = {
    "id": "0198f3a2-7b1c-7c44-9d0e-5a1f3c2b4d6e",
    "userId": "0198f3a2-0000-7aaa-8bbb-1c2d3e4f5a6b",
    "userEmail": "ann@example.com",
    "ipAddress": "192.0.2.7",
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "device": {"type": "desktop", "os": "Linux", "browser": "Firefox 140"},
    "location": None,
    "authMethod": "password",
    "mfaVerified": False,
    "remember": False,
    "createdAt": "2030-01-15T10:30:00Z",
    "lastActiveAt": "2030-01-15T11:02:41Z",
    "expiresAt": "2030-01-16T10:30:00Z",
}
