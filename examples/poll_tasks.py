"""Follows the coordinator's queue and prints each change: how a desk of your own stays up to date.

    KEY=llk_… python3 examples/poll_tasks.py [--once]

The first list says what waits now; its cursor is the place from which to listen. Whoever keeps the cursor sees every
change and misses none, also over a restart: store it with whatever you did about the changes. Standard library only.
"""

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

URL = os.environ.get("URL", "http://127.0.0.1:8000")
WAIT = 25
"""Seconds the server holds a request open until there is news."""


def get(path: str, **query: object) -> dict[str, Any]:
    """A GET with the coordinator's key."""
    request = urllib.request.Request(  # noqa: S310 - the address is ours
        f"{URL}{path}?{urlencode(query)}", headers={"Authorization": f"Bearer {os.environ['KEY']}"}
    )
    with urllib.request.urlopen(request, timeout=WAIT + 10) as answer:  # noqa: S310
        return dict(json.load(answer))


def changes(*, once: bool) -> Iterator[dict[str, Any]]:
    """What waits now, then every change as it happens."""
    page = get("/tasks")
    yield from page["tasks"]
    while not once:
        page = get("/tasks", after=page["cursor"], wait=WAIT)
        yield from page["tasks"]


def main() -> None:
    """One line a task: ids and states; the words stay in the queue."""
    if "KEY" not in os.environ:
        sys.exit("set KEY to a key of role coordinator, from: leadline keys create")
    for task in changes(once="--once" in sys.argv):
        line = f"{task['id']}  {task['kind']:<16} {task['status']:<9} due {task['due_at']}  {task['team']}"
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
