"""The server is killed while it writes: nothing is half-written, and the next start goes on."""

import signal
import threading
from pathlib import Path

import httpx
import psycopg

from tests.support import database
from tests.support.server import Server, demo_server

BEFORE_THE_KILL = 25


def _create_without_end(server: Server, worker: int, confirmed: list[str]) -> None:
    headers = {"Authorization": f"Bearer {server.api_key}"}
    with httpx.Client(base_url=server.api, headers=headers, timeout=10) as client:
        for n in range(10_000):
            email = f"w{worker}-{n}@example.com"
            body = {"email": email, "name": "Ann Lee", "roles": ["developer"], "groups": ["engineering"]}
            try:
                if client.post("/users", json=body).status_code == 201:
                    confirmed.append(email)
            except httpx.HTTPError:
                return


def test_a_server_killed_in_mid_write_leaves_nothing_half_written(
    server_conninfo: str, tmp_path: Path
) -> None:
    confirmed: list[str] = []
    with database.clone(server_conninfo) as conninfo:
        with demo_server(conninfo, tmp_path) as server:
            writers = [
                threading.Thread(target=_create_without_end, args=(server, worker, confirmed))
                for worker in range(4)
            ]
            for writer in writers:
                writer.start()
            while len(confirmed) < BEFORE_THE_KILL:
                assert server.process.poll() is None
                writers[0].join(0.01)
            server.process.send_signal(signal.SIGKILL)
            for writer in writers:
                writer.join()
        _assert_whole(conninfo, confirmed)
        with demo_server(conninfo, tmp_path) as restarted:
            answer = httpx.get(
                f"{restarted.api}/users/{confirmed[-1]}",
                headers={"Authorization": f"Bearer {restarted.api_key}"},
            )
            assert answer.status_code == 200
            assert [role["slug"] for role in answer.json()["data"]["roles"]] == ["developer"]


def _assert_whole(conninfo: str, confirmed: list[str]) -> None:
    with psycopg.connect(conninfo) as conn:
        rows = conn.execute(
            """
            select u.email,
                   (select count(*) from user_activity a where a.user_id = u.id),
                   (select count(*) from user_roles r where r.user_id = u.id),
                   (select count(*) from group_members m where m.user_id = u.id),
                   (select count(*) from events e where e.target_id = u.id and e.type = 'user.created')
            from users u
            where u.email like 'w%-%@example.com'
            """
        ).fetchall()
        total = conn.execute(
            "select (select coalesce(sum(total), 0) from user_counts) + (select coalesce(sum(delta), 0) "
            "from user_count_deltas), (select count(*) from users where deleted_at is null)"
        ).fetchone()
    assert {row[0] for row in rows} >= set(confirmed), "what was answered is stored"
    assert {row[1:] for row in rows} == {(1, 1, 1, 1)}, "each person is whole"
    assert total is not None
    assert total[0] == total[1]
