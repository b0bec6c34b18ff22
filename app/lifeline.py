"""The line between a supervisor and its children: while it holds, they live; when it parts, they end.

How to think of it: a child's standard input is a pipe that its parent keeps open. When the parent ends, in
whatever way (`kill -9` too), the kernel closes the pipe and the child reads the end of it. It works on every
system and needs no process id. What the parent writes meanwhile are orders, one a line.
"""

import os
import signal
import threading
import time
from collections.abc import Callable

ASKED = "LEADLINE_LIFELINE"
"""Set by the supervisor in a child's environment; without it standard input is left alone."""

GRACE = 2.0
"""Seconds a child has to end by itself once the line has parted."""


def hold(on_order: Callable[[str], None] = lambda order: None) -> None:
    """In a child of a supervisor: end when it ends, and hand on its orders. Elsewhere: nothing."""
    if os.environ.pop(ASKED, ""):
        threading.Thread(target=_listen, args=(on_order,), name="lifeline", daemon=True).start()


def _listen(on_order: Callable[[str], None]) -> None:
    # Raw reads: a thread that waits inside `sys.stdin` would hold its lock while the interpreter ends.
    words = b""
    while heard := os.read(0, 4096):
        *orders, words = (words + heard).split(b"\n")
        for order in orders:
            on_order(order.decode())
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    # The next start needs our port, and everything we promised is in the database already.
    os._exit(1)
