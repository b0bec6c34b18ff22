"""Where the embedded servers' files are and which account runs them (app/embedded.py starts them there).

How to think of it: for a plain user the answer is short, `data_dir/servers` and that user. PostgreSQL refuses
to run as root, so root lends the servers an existing account. Whether that account reaches a folder or a
binary is never reasoned about, it is tried. Where it can't, no folder of others is opened to it: the servers
get a *place* of their own that it reaches (under /var/lib; for a temporary data folder under the temporary
folder), and a copy of the binaries there if need be.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from signal import SIGTERM, Signals

# Gives up root, asks Linux to end us with the thread that started us, and becomes the server. A program of its
# own, not a preexec_fn: Python code between fork and exec can hang in a process that has threads. It imports
# everything first: the account may not reach the interpreter.
LAUNCH = """
import ctypes, os, sys
parent, signal, uid, gid = map(int, sys.argv[1:5])
if os.geteuid() != uid:
    os.setgroups([]); os.setgid(gid); os.setuid(uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal)  # PR_SET_PDEATHSIG; set last, since a change of user clears it
    if os.getppid() != parent:
        sys.exit(1)
os.umask(0o077)
os.execv(sys.argv[5], sys.argv[5:])
"""


class EmbeddedError(Exception):
    """The servers can't be had here; the text says why and what to do, and holds no secret."""


@dataclass(frozen=True)
class Home:
    """The folder the servers live in (`place/servers`), and the account that runs them there."""

    place: Path
    uid: int
    gid: int

    @property
    def path(self) -> Path:
        """The account's own folder, 0700; `place` itself stays ours."""
        return self.place / "servers"

    def own(self, folder: Path) -> Path:
        """Makes a folder, if need be, that is the account's alone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, self.uid, self.gid, follow_symlinks=False)
        return folder

    def environment(self) -> dict[str, str]:
        """What a server is told of our environment: no secret of ours, no setting of another PostgreSQL."""
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        return {"LC_ALL": "C", "HOME": str(self.path), **kept}

    def launch(self, command: Sequence[str], at_our_end: Signals) -> list[str]:
        """The command line that runs a command as the account, and (Linux) signals it when we are gone."""
        who = [os.getpid(), int(at_our_end), self.uid, self.gid]
        return [sys.executable, "-I", "-S", "-c", LAUNCH, *map(str, who), *command]

    def run(self, *command: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        """Runs a command as the account to its end; the caller looks at the return code."""
        return subprocess.run(  # noqa: S603 - our own programs and paths
            self.launch(command, SIGTERM),
            input=given,
            capture_output=True,
            text=True,
            cwd=self.path,
            env=self.environment(),
            check=False,
        )


def find_home(data_dir: Path) -> Home:
    """The home of a data folder: the one it remembers, else a new one. Raises EmbeddedError."""
    record = data_dir / "place"
    if not record.exists():
        place = _lend(data_dir) if os.geteuid() == 0 else _keep(data_dir)
        write_private(record, "." if place == data_dir else str(place))
    place = data_dir / record.read_text()
    try:
        owner = (place / "servers").stat()
    except FileNotFoundError:
        raise EmbeddedError(f"The databases of {data_dir} were in {place}, which is gone.") from None
    return Home(place, owner.st_uid, owner.st_gid)


def write_private(path: Path, text: str) -> None:
    """Writes a file of ours that nobody else may read, wholly or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        os.fsync(file.fileno())
    new.rename(path)


def _keep(data_dir: Path) -> Path:
    (data_dir / "servers").mkdir(mode=0o700, exist_ok=True)
    return data_dir


def _lend(data_dir: Path) -> Path:
    accounts = sorted(pwd.getpwall(), key=lambda entry: entry.pw_name != "nobody")
    for account in (entry for entry in accounts if entry.pw_uid != 0):
        for place in chain((data_dir,), _places_elsewhere(data_dir)):
            if _settles(Home(place, account.pw_uid, account.pw_gid)):
                return place
            if place != data_dir:
                shutil.rmtree(place)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root, and no other account could be lent to it: start as a plain user."
    )


def _places_elsewhere(data_dir: Path) -> Iterator[Path]:
    temporary = Path(tempfile.gettempdir()).resolve()
    _sweep(temporary)
    bases = [temporary] if data_dir.is_relative_to(temporary) else []
    for base in (*bases, Path("/var/lib")):
        with suppress(OSError):
            place = Path(tempfile.mkdtemp(prefix="leadline-", dir=base))
            write_private(place / "of", str(data_dir))
            yield place


def _settles(home: Home) -> bool:
    """Makes the account's folder in a place and tries whether it gets there; if not, all is as it was."""
    before = home.place.stat()
    closed = before.st_uid == 0 and all(_is_private(path) for path in home.place.iterdir())
    home.own(home.path)
    if closed:  # Ours, and nothing in it is open to others: the account's group may pass through, and see nothing.
        os.chown(home.place, 0, home.gid)
        home.place.chmod(0o710)
    if home.run(shutil.which("test") or "/bin/test", "-w", str(home.path)).returncode == 0:
        return True
    home.path.rmdir()
    os.chown(home.place, before.st_uid, before.st_gid)
    home.place.chmod(before.st_mode & 0o7777)
    return False


def _is_private(path: Path) -> bool:
    """Whether somebody who gets into the folder could still do nothing with this."""
    return path.name in ("lock", "of") or path.lstat().st_mode & 0o077 == 0


def _sweep(temporary: Path) -> None:
    """Removes places in the temporary folder whose data folder is gone (a test's, mostly)."""
    for note in temporary.glob("leadline-*/of"):
        with suppress(OSError):
            if note.parent.stat().st_uid == 0 and not Path(note.read_text()).exists():
                shutil.rmtree(note.parent)


def reachable(program: Path, home: Home, root: Path, needs: Sequence[str], version: str) -> Path:
    """The program if the account can run it, else a copy (with what it needs of `root`) at the home's place."""
    if os.geteuid() != 0 or home.run(str(program), "--version").returncode == 0:
        return program
    copy = home.place / f"{needs[0].partition('/')[0]}-{version}"
    if not copy.exists():
        new = Path(tempfile.mkdtemp(prefix="new-", dir=home.place))
        for folder in (folder for folder in needs if (root / folder).exists()):
            shutil.copytree(root / folder, new / folder, symlinks=True)
        for path in (new, *new.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        new.rename(copy)
    return copy / program.relative_to(root)


def make_sockets(home: Home) -> Path:
    """An empty folder for sockets, 0700: `run` in the home, or a short one where that path can't hold one."""
    clear_sockets(home)
    folder = home.own(home.path / "run")
    if not _holds_sockets(folder):
        folder.rmdir()
        short = home.own(Path(tempfile.mkdtemp(prefix="leadline-run-", dir="/tmp")))
        folder.symlink_to(short)  # which remembers it for clear_sockets
        return short
    return folder


def clear_sockets(home: Home) -> None:
    """Removes the folder of the sockets, wherever it is; the servers are stopped."""
    folder = home.path / "run"
    if folder.is_symlink():
        short = folder.readlink()
        # The account owns the link, so root follows it to such a folder of that account only.
        with suppress(FileNotFoundError):
            if short.name.startswith("leadline-run-") and short.lstat().st_uid == home.uid:
                shutil.rmtree(short)
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _holds_sockets(folder: Path) -> bool:
    """Whether a socket can be made there (107 bytes, some file systems) and its path can stand in a URL."""
    path = folder / ".s.PGSQL.5432"
    if not re.fullmatch(r"[\w/.+-]+", str(path), re.ASCII):
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.bind(str(path))
        except OSError:
            return False
    path.unlink()
    return True
