"""Ids: opaque, sortable by the real time they were made, with a prefix that says what they name.

Whoever meets the outside (a door, the carrier's answer) makes ids at random with `new_id`. The machine may
not: what `decide` creates derives from the event and a position, so that reading the same event again
gives the same rows.
"""

import hashlib
import os
import time


def new_id(prefix: str) -> str:
    """A fresh id such as `lead_0192f0c1…`: 48 bits of real time (milliseconds), then 80 random bits."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def derive_id(prefix: str, event_id: str, index: int) -> str:
    """The id of the `index`-th thing that `decide` makes of one event: same event, same id."""
    stamp = event_id.partition("_")[2][:12]
    digest = hashlib.sha256(f"{event_id}/{prefix}/{index}".encode()).hexdigest()
    return f"{prefix}_{stamp}{digest[:20]}"
