"""One demo server for all journeys of a worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import database
from tests.support.server import Server, demo_server


@pytest.fixture(scope="session")
def server(server_conninfo: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("demo")
    with database.clone(server_conninfo) as conninfo, demo_server(conninfo, folder) as running:
        yield running
