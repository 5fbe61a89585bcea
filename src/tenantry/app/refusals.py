"""What keeps a command from doing its work and what the operator can put right: one line each, never a traceback."""

from tenantry.kernel.config import ConfigError
from tenantry.kernel.embedded import EmbeddedError
from tenantry.kernel.errors import DomainError


class StartRefused(Exception):
    """A command cannot go on; the message is one line that says what to do."""


REFUSALS = (StartRefused, ConfigError, EmbeddedError, DomainError)
