"""Signing in at really started servers: the demo's administrator, and two processes that count together."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tenantry.kernel.embedded import url_for
from tests.app.processes import PATIENCE, demo_file, running

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
CHEAP = {"hash_memory_kib": "64", "hash_time_cost": "1", "hash_lanes": "1"}


def sign_in(url: str, tenant: str, identifier: str, password: str) -> httpx.Response:
    """Through the page, as a browser does it; what comes after the redirects."""
    with httpx.Client(base_url=url, timeout=PATIENCE, follow_redirects=True) as browser:
        page = browser.get(f"/t/{tenant}/login")
        found = CSRF.search(page.text)
        assert found is not None, page.text
        form = {"csrf": found[1], "identifier": identifier, "password": password}
        return browser.post(f"/t/{tenant}/login", data=form)


def test_the_administrator_of_the_demo_signs_in_at_the_printed_address(tmp_path: Path) -> None:
    with running(tmp_path / "data", "demo", until="Try it", **CHEAP) as server:
        access = demo_file(tmp_path / "data")
        assert f"/t/{access['tenant']}/login" in server.said
        page = sign_in(server.url, access["tenant"], access["admin_email"], access["admin_password"])
        assert (page.status_code, page.url.path) == (200, f"/t/{access['tenant']}/account/sessions")
        assert access["admin_email"] in page.text
        assert sign_in(server.url, access["tenant"], access["admin_email"], "wrong").status_code == 401


def test_two_server_processes_on_one_database_count_tries_together(tmp_path: Path) -> None:
    secret = {**CHEAP, "secret_key": "s" * 40}
    with running(tmp_path / "one", "demo", until="Try it", **secret) as first:
        database = url_for(tmp_path / "one")
        assert database is not None
        with running(tmp_path / "two", "serve", "--no-worker", database_url=database, **secret) as second:
            access = demo_file(tmp_path / "one")

            def wrong(n: int) -> int:
                url = (first.url, second.url)[n % 2]
                return sign_in(url, access["tenant"], f"nobody{n}@example.com", "wrong").status_code

            with ThreadPoolExecutor(4) as pool:
                statuses = list(pool.map(wrong, range(24)))
            assert (statuses.count(401), statuses.count(429)) == (10, 14)
