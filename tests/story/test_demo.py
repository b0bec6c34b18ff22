"""`leadline demo` as its owner meets it: up in one command, a talk by text, down without a trace, and back again.

Real processes on free ports throughout; this is the suite's slow file.
"""

import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import pytest

from tests.installation import forget_place

ROOT = Path(__file__).resolve().parents[2]
LAKESIDE = ROOT / "examples" / "lakeside.yaml"
OPEN_HOURS = "2026-11-24T16:00:00Z"  # A Tuesday, 10:00 in Chicago.
PHONE = "+13125550142"
DEADLINE = 90.0
WEB: dict[str, Any] = {"verify": False, "timeout": 60}

T = TypeVar("T")


def until(find: Callable[[], T], what: str, within: float = 60.0) -> T:
    """The first true value of a condition, asked for again and again until the deadline."""
    deadline = time.monotonic() + within
    while not (found := find()):
        assert time.monotonic() < deadline, f"{what}: not within {within:.0f} s"
        select.select([], [], [], 0.05)
    return found


def free_ports() -> int:
    """A port that is free together with the two after it, and that no other process is given by chance meanwhile."""
    while True:
        port = secrets.choice(range(20_000, 32_000, 3))  # Below those that a system hands out by itself.
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
                three.bind(("127.0.0.1", port + 2))
            except (OSError, OverflowError):
                continue
            return port


class Demo:
    """A demo in a process of its own, and what a person would do with it."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.base, self.phones = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
        self.told = data.with_suffix(".stderr")
        self.process: subprocess.Popen[str] | None = None

    @staticmethod
    def environment() -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith(("LEADLINE_", "TWILIO_"))}

    def start(self) -> "Demo":
        self.let_go()
        with self.told.open("a") as told:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "demo", "--port", str(self.port), "--data", str(self.data)],
                stdout=subprocess.PIPE,
                stderr=told,
                text=True,
                cwd=ROOT,
                env=self.environment(),
                start_new_session=True,
            )
        return self

    def let_go(self) -> None:
        """Closes our end of its output."""
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def ready(self) -> "Demo":
        assert self.process is not None
        assert self.process.stdout is not None
        answered, _, _ = select.select([self.process.stdout], [], [], DEADLINE)
        assert answered, self.told.read_text()
        assert self.process.stdout.readline() == f"ready {self.base}\n", self.told.read_text()
        return self

    def leadline(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of the same person, which finds the demo by its data folder."""
        command = [sys.executable, "-m", "app.cli", *arguments, "--data", str(self.data)]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=self.environment())

    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(DEADLINE)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        os.kill(self.pid, number)
        return self.wait()

    def key(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {json.loads((self.data / 'demo-keys.json').read_text())[role]}"}

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.base}{path}", headers=self.key("coordinator"), **WEB).raise_for_status().json()

    def send_lead(self) -> str:
        """Posts the lead that the greeting's curl line posts."""
        lead = (self.data / "lead.json").read_bytes()
        headers = self.key("source") | {"Content-Type": "application/json"}
        answer = httpx.post(f"{self.base}/leads", content=lead, headers=headers, **WEB)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["lead_id"])

    def texts(self, phone: str = PHONE) -> list[str]:
        shown = httpx.get(f"{self.phones}/handsets/{phone}/messages", **WEB).json()["messages"]
        return [message["body"] for message in shown if message["direction"] == "to_phone"]

    def reply(self, text: str, **more: str) -> Any:
        return httpx.post(f"{self.phones}/handsets/{PHONE}/reply", json={"text": text, **more}, **WEB).json()


@pytest.fixture
def make_demo(tmp_path: Path) -> Iterator[Callable[[str], Demo]]:
    """Makes demos; whatever a failed test leaves of them is ended and removed."""
    made: list[Demo] = []

    def make(name: str) -> Demo:
        made.append(Demo(tmp_path / name, free_ports()))
        return made[-1]

    yield make
    for demo in made:
        clear(demo)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for the tests that a demo survives."""
    demo = Demo(tmp_path_factory.mktemp("standing") / "data", free_ports()).start().ready()
    yield demo
    clear(demo)


def clear(demo: Demo) -> None:
    """Ends and removes what a test left of a demo."""
    if demo.process is not None and demo.process.poll() is None:
        demo.stop(signal.SIGKILL)
    demo.let_go()
    forget_place(demo.data)


def traces(demo: Demo) -> list[str]:
    """Processes anywhere on this machine that belong to a demo's data folder."""
    place = demo.data / "place"
    marks = [str(demo.data), *([place.read_text()] if place.exists() else [])]
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = f"{' '.join(process.info['cmdline'] or [])} {process.info['cwd']}"
        if process.pid != os.getpid() and any(mark in words for mark in marks):
            found.append(words)
    return found


def command_of(process: psutil.Process) -> list[str]:
    """The command line it was started with; none if it has ended meanwhile."""
    with suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []


def workers_of(demo: Demo) -> list[psutil.Process]:
    return [process for process in demo.processes() if "worker" in command_of(process)]


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def test_a_talk_by_text_beside_a_second_demo_and_a_stop_that_leaves_nothing(
    make_demo: Callable[[str], Demo], tmp_path: Path
) -> None:
    one, two = make_demo("one").start(), make_demo("two").start()
    one.ready(), two.ready()
    greeting = one.told.read_text()
    assert f"{one.phones}/" in greeting
    assert f"curl {one.base}/leads -H 'Authorization: Bearer llk_" in greeting

    assert one.leadline("clock", "--to", OPEN_HOURS).returncode == 0
    lead = one.send_lead()
    [first] = until(one.texts, "the first text arrives")
    assert first.startswith("Hi Maria, this is Lakeside Clinic.")
    assert one.reply("How much is it?")["webhook_status"] == 200
    [task] = until(lambda: one.get("/tasks")["tasks"], "the question becomes a task")
    assert (task["kind"], task["lead"]["id"], task["about"]) == ("question", lead, "How much is it?")
    assert two.texts() == []
    assert two.get("/tasks")["tasks"] == []
    assert one.leadline("doctor").returncode == 0

    # A clinic that is applied later is texted for, too: the carrier learns its number.
    other = tmp_path / "other.yaml"
    document = LAKESIDE.read_text().replace("clinic: lakeside", "clinic: hill").replace("lakeside-main", "hill-main")
    other.write_text(document.replace("+13125550199", "+13125550188").replace("  website:", "  hill-website:"))
    assert one.leadline("apply", str(other)).returncode == 0
    until(lambda: one.reply("Hello", to="+13125550188")["webhook_status"] == 200, "the carrier knows the new number")

    processes = [*one.processes(), *two.processes()]
    names = " ".join(" ".join(command_of(process)) for process in processes)
    assert all(f"app.cli {name}" in names for name in ("api", "worker", "carrier"))
    assert (one.stop(signal.SIGINT), two.stop(signal.SIGTERM)) == (0, 0)
    until(lambda: all_gone(processes), "every process ends")
    assert (traces(one), traces(two)) == ([], [])
    assert not (one.data / "running.json").exists()


def test_a_second_demo_on_the_same_folder_is_refused(standing: Demo) -> None:
    second = Demo(standing.data, free_ports())
    second.told = standing.data.with_suffix(".second")
    assert second.start().wait() == 1
    second.let_go()
    assert second.told.read_text() == (
        f"leadline: {standing.data} is in use by process {standing.pid}; use another --data or stop it.\n"
    )


def test_a_process_that_dies_is_started_again_and_said_so(standing: Demo) -> None:
    [worker] = workers_of(standing)
    worker.kill()
    until(lambda: "The worker ended (code -9); it starts again in 0.5 s." in standing.told.read_text(), "it is said")
    until(lambda: workers_of(standing), "a worker runs again")


def test_a_kill_9_leaves_no_process_and_the_next_start_has_everything(standing: Demo) -> None:
    assert standing.leadline("clock", "--to", OPEN_HOURS).returncode == 0
    lead, key = standing.send_lead(), standing.key("coordinator")
    until(standing.texts, "the first text arrives")
    processes = standing.processes()
    standing.stop(signal.SIGKILL)
    began = time.monotonic()
    standing.start().ready()
    # Ready means that a worker of this start lives; what the killed one said last is older.
    assert standing.get("/readyz")["worker_heartbeat_age"] < time.monotonic() - began
    assert all_gone(processes)
    assert standing.key("coordinator") == key
    assert standing.get(f"/leads/{lead}")["stage"] == "texting"
    # The moved clock survives, too.
    assert standing.get("/demo/clock")["now"].startswith("2026-11-24T16:")
    assert standing.stop() == 0
    assert traces(standing) == []


def test_a_port_in_use_is_said_before_anything_starts(make_demo: Callable[[str], Demo]) -> None:
    demo = make_demo("refused")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", demo.port + 1))
        taken.listen()
        assert demo.start().wait() == 1
    assert demo.told.read_text() == (
        f"leadline: port {demo.port + 1} is in use: stop what listens there, or use another --port\n"
    )
    assert not (demo.data / "servers").exists()
    assert not (demo.data / "place").exists()


@pytest.mark.parametrize("line", ["Starting the databases", "Making a new PostgreSQL cluster"])
def test_ctrl_c_in_the_middle_of_a_start_leaves_nothing(make_demo: Callable[[str], Demo], line: str) -> None:
    demo = make_demo("interrupted").start()
    until(lambda: line in demo.told.read_text(), "the start is under way")
    processes = demo.processes()
    assert demo.stop() == 0
    until(lambda: all_gone(processes), "every process ends")
    assert traces(demo) == []
