"""The address a server listens on."""

import asyncio
import errno
import socket

import msgspec

from tenantry.app.refusals import StartRefused
from tenantry.kernel.config import Settings


class Listening(msgspec.Struct, frozen=True):
    """An IP address and a port. `shown` is how a person writes them."""

    ip: str
    port: int
    family: int

    @property
    def shown(self) -> str:
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"

    async def answers(self) -> bool:
        """Whether something accepts connections there."""
        any_address = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened on
        try:
            _, writer = await asyncio.open_connection(any_address.get(self.ip, self.ip), self.port)
        except OSError:
            return False
        writer.close()
        return True


def resolve(settings: Settings) -> Listening:
    """The first address of the host that the settings name. Raises StartRefused for a host that has none."""
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise StartRefused(
            f"TENANTRY_HOST: {settings.host} has no address ({error.strerror or error})"
        ) from error
    family, _, _, _, address = found[0]
    return Listening(str(address[0]), settings.port, int(family))


def check_free(settings: Settings) -> Listening:
    """The address, when nobody listens there yet.

    The server shares its port among its processes (SO_REUSEPORT), so it would not notice a stranger on it by itself.
    """
    address = resolve(settings)
    with socket.socket(address.family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.ip, address.port))
        except OSError as error:
            raise StartRefused(_why(address, error)) from error
    return address


def _why(address: Listening, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"the address {address.shown} is in use by another program; stop it, or set TENANTRY_PORT to another port"
    if error.errno == errno.EACCES:
        return f"this user may not listen on {address.shown}; choose a TENANTRY_PORT of 1024 or more"
    return f"cannot listen on {address.shown}: {error.strerror}"
