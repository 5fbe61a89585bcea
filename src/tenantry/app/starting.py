"""What a server does before anything else, while little is loaded: cheap imports, and the embedded database begun."""

import gc
import sys

from tenantry.kernel.config import Settings
from tenantry.kernel.embedded import EmbeddedServer


def lighten_imports() -> None:
    """Makes the imports that follow cost two thirds of the time.

    The collector would walk again and again over modules that stay for good; `serve` turns it on once they are there. And the
    log library would load `rich` with all of Pygments for coloured tracebacks that no server prints; it does without where
    that cannot be imported.
    """
    gc.disable()
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]


def begin_embedded(settings: Settings) -> EmbeddedServer | None:
    """Launches the embedded server without waiting for it; None where the operator names a database of their own.

    Raises EmbeddedError, also when another process runs on the data directory.
    """
    if settings.database_url is not None:
        return None
    server = EmbeddedServer(settings.data_path)
    server.begin()
    return server
