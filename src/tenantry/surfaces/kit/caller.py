"""Who calls: the key they show and the address they come from."""

from ipaddress import ip_address, ip_network

from litestar.connection import ASGIConnection

from tenantry.kernel.crypto import token_hash

LONGEST_KEY = 256


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
    peer = connection.client.host if connection.client else None
    if peer is None or not _is_trusted(peer, trusted):
        return peer
    for hop in reversed(connection.headers.get("x-forwarded-for", "").split(",")):
        address = hop.strip()
        if not _is_address(address):
            break
        if not _is_trusted(address, trusted):
            return address
    return peer


def user_agent(connection: ASGIConnection) -> str | None:  # type: ignore[type-arg]
    """The caller's own description of itself, cut to 512 characters, without what a text column cannot hold."""
    text = connection.headers.get("user-agent", "")[:512].replace("\x00", "")
    return text.encode("utf-8", "replace").decode() or None


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
