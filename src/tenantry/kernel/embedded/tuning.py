"""The server settings of the embedded PostgreSQL: a small machine shared with the application."""

import os
from collections.abc import Mapping
from pathlib import Path

_MIB = 1 << 20

# Whoever can choose settings may tune, but never open another door: these win over the caller's.
_FIXED = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
}


def server_settings(overrides: Mapping[str, str]) -> dict[str, str]:
    """Every setting the server is started with. `overrides` beats the defaults, not what keeps it private.

    Errors of single statements stay out of the log: they can carry personal data, and the caller gets them
    anyway.
    """
    memory = _memory_bytes()
    defaults = {
        "cluster_name": "tenantry",
        "max_connections": "100",
        "shared_buffers": _mebibytes(memory // 4, 32, 512),
        "effective_cache_size": _mebibytes(memory // 2, 64, 16384),
        "maintenance_work_mem": _mebibytes(memory // 16, 16, 256),
        "random_page_cost": "1.1",
        "jit": "off",
        "fsync": "on",
        "max_wal_size": "1GB",
        "min_wal_size": "80MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_messages": "log",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
    }
    # PostgreSQL takes Listen-Addresses for listen_addresses.
    wishes = {name.lower().replace("-", "_"): value for name, value in overrides.items()}
    return {**defaults, **wishes, **_FIXED}


def _mebibytes(size: int, least: int, most: int) -> str:
    return f"{max(least, min(most, size // _MIB))}MB"


def _memory_bytes() -> int:
    """The memory this process may use: the machine's, or its control group's where that is less."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limits.append(int(Path(name).read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return min(limits)
