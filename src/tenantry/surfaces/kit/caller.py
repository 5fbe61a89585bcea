"""Who calls: the key they show and the address they come from."""

from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection

from tenantry.kernel.crypto import token_hash

LONGEST_KEY = 256
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


def shown_key_hash(connection: ASGIConnection) -> bytes | None:  # type: ignore[type-arg]
    """The hash of the key in `Authorization: Bearer ...` or `X-API-Key`, or None."""
    authorization = connection.headers.get("authorization", "")
    scheme, _, credentials = authorization.partition(" ")
    key = credentials.strip() if scheme.lower() == "bearer" else connection.headers.get("x-api-key", "")
    if not key or len(key) > LONGEST_KEY:
        return None
    return token_hash(key)


def client_ip(connection: ASGIConnection, trusted: tuple[str, ...]) -> str | None:  # type: ignore[type-arg]
    """The address of the caller. `X-Forwarded-For` is believed only from a trusted proxy, and read from the right."""
    peer = _unmapped(connection.client.host) if connection.client else None
    if peer is None or not _is_trusted(peer, trusted):
        return peer
    # A proxy may add to the header or add a line of its own, so all lines count, in their order.
    for hop in reversed(",".join(connection.headers.getall("x-forwarded-for", [])).split(",")):
        address = _unmapped(hop.strip())
        if not _is_address(address):
            break
        if not _is_trusted(address, trusted):
            return address
    return peer


def caller_network(connection: ASGIConnection, trusted: tuple[str, ...]) -> str:  # type: ignore[type-arg]
    """What unknown callers are counted by: the address, and of an IPv6 address its /64, which one household has to itself."""
    ip = client_ip(connection, trusted)
    if ip is None or ":" not in ip or not _is_address(ip):
        return ip or "?"
    return str(ip_network(f"{ip.partition('%')[0]}/64", strict=False))


def is_this_machine(connection: ASGIConnection) -> bool:  # type: ignore[type-arg]
    """Whether the caller is a program on this machine that asked for this machine by name.

    Behind a proxy everybody comes from here, so a forwarded request is not believed; and the Host must be loopback as well,
    against pages of other sites that have their name point here (DNS rebinding).
    """
    if any(name in connection.headers for name in FORWARDED) or connection.client is None:
        return False
    return is_loopback(connection.client.host) and is_loopback(_host_of(connection))


def _host_of(connection: ASGIConnection) -> str | None:  # type: ignore[type-arg]
    try:
        return urlsplit(f"//{connection.headers.get('host', '')}").hostname
    except ValueError:
        return None


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address means the machine itself."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_address(host) and ip_address(host).is_loopback


def user_agent(connection: ASGIConnection) -> str | None:  # type: ignore[type-arg]
    """The caller's own description of itself, cut to 512 characters, without what a text column cannot hold."""
    text = connection.headers.get("user-agent", "")[:512].replace("\x00", "")
    return text.encode("utf-8", "replace").decode() or None


def _unmapped(text: str) -> str:
    """The IPv4 address in an IPv6 one (RFC 4291 section 2.5.5.2), as which a socket for both families names its callers."""
    try:
        mapped = getattr(ip_address(text), "ipv4_mapped", None)
    except ValueError:
        return text
    return text if mapped is None else str(mapped)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    if not trusted or not _is_address(address):
        return False
    return any(ip_address(address) in ip_network(network, strict=False) for network in trusted)
