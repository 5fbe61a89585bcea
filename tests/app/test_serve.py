"""A really started server: its start, its refusals, its end."""

import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tenantry.app.listening import check_free
from tenantry.app.refusals import StartRefused
from tenantry.kernel.config import load_settings
from tests.app.processes import Running, children_of, demo_file, environ_of, free_port, running, tenantry

# A hash that takes so long that requests are surely under way when the server is asked to stop.
SLOW = {"hash_memory_kib": "65536", "hash_time_cost": "12", "hash_threads": "1"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a tenant in it."""
    path = tmp_path_factory.mktemp("serve") / "data"
    environ = environ_of(path, hash_memory_kib="64", hash_time_cost="1")
    made = tenantry(environ, "tenant", "create", "acme", "--name", "Acme", "--admin-email", "ada@example.com")
    assert made.returncode == 0, made.stderr
    return path


@pytest.fixture(scope="module")
def key(data_dir: Path) -> str:
    scope = ("--tenant", "acme", "--name", "Test", "--scope", "admin:write")
    return tenantry(environ_of(data_dir), "apikey", "create", *scope).stdout.strip()


def _create(server: Running, key: str, number: int) -> httpx.Response:
    body = {"email": f"slow{number}@example.com", "password": f"Correct-horse-{number}-battery"}
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{server.url}/t/acme/api/v1/admin/users", json=body, headers=headers, timeout=60)


def _ids(server: Running, key: str) -> int:
    answer = server.get("/t/acme/api/v1/admin/users", headers={"Authorization": f"Bearer {key}"})
    return int(answer.json()["pagination"]["total"])


def test_requests_in_flight_are_finished_before_the_server_ends(data_dir: Path, key: str) -> None:
    with running(data_dir, "serve", **SLOW) as server, ThreadPoolExecutor(6) as clients:
        before = _ids(server, key)
        answers = [clients.submit(_create, server, key, number) for number in range(6)]
        _until_in_flight(server, 6)
        assert server.stop() == 0
        assert [answer.result().status_code for answer in answers] == [201] * 6
        with pytest.raises(httpx.ConnectError):
            server.get("/healthz")
    with running(data_dir, "serve") as again:
        assert _ids(again, key) == before + 6


def _until_in_flight(server: Running, count: int) -> None:
    """Waits until so many connections beside the one of this question are established."""
    port = int(server.url.rsplit(":", 1)[1])
    waiting = threading.Event()
    for _ in range(2000):
        lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        established = [
            line for line in lines if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "01"
        ]
        if len(established) >= count:
            return
        waiting.wait(0.005)
    pytest.fail("the requests never arrived")


def test_health_readiness_and_figures_are_answered_without_a_tenants_name(data_dir: Path, key: str) -> None:
    with running(data_dir, "serve") as server:
        assert server.get("/healthz").json() == {"status": "ok"}
        ready = server.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "ready")
        assert _ids(server, key) >= 1
        answer = server.get("/metrics")
        assert answer.headers["content-type"].count("charset") == 1, (
            "Prometheus refuses a parameter given twice"
        )
        figures = answer.text
        assert "tenantry_http_requests_total" in figures
        assert "acme" not in figures
        assert server.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403
    with running(data_dir, "serve", metrics_token="t0ken") as server:
        assert server.get("/metrics").status_code == 403
        assert server.get("/metrics", headers={"Authorization": "Bearer t0ken"}).status_code == 200


def test_a_second_server_on_the_same_data_directory_is_refused_in_one_line(data_dir: Path) -> None:
    with running(data_dir, "serve") as server:
        second = tenantry(environ_of(data_dir, port=str(free_port())), "serve")
        assert (second.returncode, len(second.stderr.splitlines())) == (2, 1)
        assert f"process {server.process.pid}" in second.stderr
        assert server.get("/healthz").status_code == 200


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_second_start_is_told_of_the_data_directory_and_not_of_the_port(
    data_dir: Path, command: str
) -> None:
    with running(data_dir, "serve") as server:
        second = tenantry(environ_of(data_dir, port=server.url.rsplit(":", 1)[1]), command)
        assert (second.returncode, len(second.stderr.splitlines())) == (2, 1)
        assert f"the data directory {data_dir} is in use" in second.stderr
        assert f"process {server.process.pid}" in second.stderr
        assert "port" not in second.stderr.replace(str(data_dir), "")


def test_a_port_in_use_is_refused_in_one_line_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = tenantry(environ_of(tmp_path / "data", port=port), "serve")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert port in refused.stderr
    assert "TENANTRY_PORT" in refused.stderr
    assert not (tmp_path / "data" / "postgres").exists()


def test_a_free_port_is_found_free_and_a_taken_one_taken() -> None:
    settings = load_settings({"TENANTRY_PORT": str(free_port())})
    assert check_free(settings).port == settings.port
    with socket.create_server(("127.0.0.1", settings.port)), pytest.raises(StartRefused, match="in use"):
        check_free(settings)


def test_several_processes_share_the_port_and_end_together(data_dir: Path, key: str) -> None:
    with running(data_dir, "serve", "--workers", "2") as server:
        _until_ready(server)
        workers = children_of(server.process.pid)
        # The embedded PostgreSQL is a child as well.
        assert len(workers) == 3
        assert _ids(server, key) >= 1
        assert server.stop() == 0
    assert [pid for pid in workers if Path(f"/proc/{pid}").exists()] == []


def test_the_processes_of_a_killed_server_end_at_once(data_dir: Path) -> None:
    with running(data_dir, "serve", "--workers", "2") as server:
        _until_ready(server)
        children = children_of(server.process.pid)
        assert len(children) == 3
        server.process.kill()
        server.process.wait()
        _until_gone(children, 3.0)
    with running(data_dir, "serve", port=server.url.rsplit(":", 1)[1]) as again:
        assert again.get("/healthz").status_code == 200


def _until_gone(pids: list[int], seconds: float) -> None:
    waiting, deadline = threading.Event(), time.monotonic() + seconds
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() < deadline, "they outlive the process that started them"
        waiting.wait(0.01)


def _runs(pid: int) -> bool:
    """Whether the process is there and more than an entry that nobody has collected yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("arguments", [("serve",), ("serve", "--workers", "2"), ("demo",), ("worker",)])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_says_that_it_is_stopping_and_that_it_has_stopped(
    data_dir: Path, arguments: tuple[str, ...], number: signal.Signals
) -> None:
    until = {"worker": "running jobs", "demo": "Try it"}.get(arguments[0], "listens on")
    cheap = {"hash_memory_kib": "64", "hash_time_cost": "1", "shutdown_seconds": "7"}
    with running(data_dir, *arguments, until=until, **cheap) as server:
        if "--workers" in arguments:
            _until_ready(server)
        server.process.send_signal(number)
        assert server.process.wait(30) == 0
        said = server.said.splitlines()
    # A job of the clock may log its end between the two.
    assert said[-1] == "Tenantry has stopped"
    assert [line for line in said if line.startswith("Tenantry ")][-2:] == [
        "Tenantry is stopping: it finishes the requests and jobs under way (7 s at most)",
        "Tenantry has stopped",
    ]


@pytest.mark.slow
def test_a_server_process_that_is_killed_is_replaced(data_dir: Path) -> None:
    with running(data_dir, "serve", "--workers", "2") as server:
        _until_ready(server)
        before = set(children_of(server.process.pid))
        victim = next(pid for pid in before if b"serve-one" in Path(f"/proc/{pid}/cmdline").read_bytes())
        os.kill(victim, signal.SIGKILL)
        server.wait_for("is replaced")
        _until_ready(server)
        assert len(children_of(server.process.pid)) == 3
        assert victim not in children_of(server.process.pid)


def _until_ready(server: Running) -> None:
    waiting = threading.Event()
    for _ in range(3000):
        try:
            if server.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        waiting.wait(0.01)
    pytest.fail(f"never ready: {server.said}")


def test_the_demo_has_people_in_every_state_and_its_file_stays_good(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    port = str(free_port())
    cheap = {"hash_memory_kib": "64", "hash_time_cost": "1", "port": port}
    with running(data_dir, "demo", until="Try it", **cheap) as server:
        first = demo_file(data_dir)
        assert (data_dir / "demo.json").stat().st_mode & 0o777 == 0o600
        assert set(first) == {"url", "tenant", "api_key", "admin_email", "admin_password", "mailbox_url"}
        assert first["url"] == f"http://localhost:{port}"
        headers = {"Authorization": f"Bearer {first['api_key']}"}
        users = "/t/acme-corp/api/v1/admin/users"
        for status in (
            "active", "suspended", "locked", "disabled", "deleted", "pending_password_reset", "pending_email_verification",
            "pending_initial_password_setup", "pending_mobile_verification",
        ):  # fmt: skip
            found = server.get(users, params={"status": status, "limit": 1}, headers=headers)
            assert found.json()["pagination"]["total"] >= 3, status
        total = server.get(users, headers=headers).json()["pagination"]["total"]
        assert total == 196
    with running(data_dir, "demo", until="Try it", **cheap) as server:
        assert demo_file(data_dir) == first
        assert server.get(users, headers=headers).json()["pagination"]["total"] == total


def test_a_lost_demo_file_is_made_anew_with_a_key_that_works(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    cheap = {"hash_memory_kib": "64", "hash_time_cost": "1"}
    with running(data_dir, "demo", until="Try it", **cheap):
        first = demo_file(data_dir)
    (data_dir / "demo.json").unlink()
    with running(data_dir, "demo", until="Try it", **cheap) as server:
        second = demo_file(data_dir)
        assert second["api_key"] != first["api_key"]
        headers = {"Authorization": f"Bearer {second['api_key']}"}
        assert server.get("/t/acme-corp/api/v1/admin/users", headers=headers).status_code == 200


@pytest.mark.slow
def test_an_idle_server_is_small_and_quickly_there(data_dir: Path) -> None:
    """At most 2 s to the first answer on an existing data directory, and 120 MiB without PostgreSQL."""
    seconds, mebibytes = [], []
    for _ in range(5):
        started = time.monotonic()
        with running(data_dir, "serve") as server:
            seconds.append(time.monotonic() - started)
            mebibytes.append(_resident(server.process.pid))
    print(f"\nready after {min(seconds):.2f} s, {max(mebibytes):.0f} MiB resident")
    assert min(seconds) < 2.0
    assert max(mebibytes) < 120


def _resident(pid: int) -> float:
    """MiB of memory that the process holds, shared libraries counted in full."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
