"""What a running worker does to the queue while nobody asks: leases end, the snoozed wake, the unanswered escalate."""

from datetime import datetime, timedelta
from typing import Any

from tests.house import House, until
from tests.installation import OPEN_HOURS


async def test_time_works_on_the_queue_by_itself(house: House) -> None:
    """Each is a change that a poller sees within moments of the clock's passing its time."""
    await house.post_lead()
    await until(house.texts)
    await house.reply("Is there somewhere to leave my bike?")
    (task,) = await until(house.tasks)
    path = f"/tasks/{task['id']}"
    due = datetime.fromisoformat(task["due_at"])
    assert OPEN_HOURS + timedelta(hours=2) <= due < OPEN_HOURS + timedelta(hours=2, minutes=5)
    assert task["priority"] == 3

    async def became(**wanted: Any) -> dict[str, Any] | None:
        now = await house.get(path)
        return now if {name: now[name] for name in wanted} == wanted else None

    await house.order(f"{path}/claim", assignee="ana", lease_seconds=60)
    await house.move_clock(OPEN_HOURS + timedelta(minutes=10))
    await until(lambda: became(status="open", assignee=None))
    await house.order(f"{path}/snooze", assignee="bo", minutes=10)
    await house.move_clock(OPEN_HOURS + timedelta(minutes=30))
    await until(lambda: became(status="open", snoozed_until=None))
    await house.move_clock(due + timedelta(minutes=30))

    risen = await until(lambda: became(priority=2))

    lines = [line["kind"] for line in risen["history"]]
    assert lines == ["opened", "claimed", "lease_ended", "snoozed", "snooze_ended", "escalated"]
    assert risen["conversation"][-1]["reading"]["intent"] == "question"
    await house.order(f"{path}/reply", assignee="bo", text="Yes, in the yard behind the house")
    answered = await until(lambda: became(status="open"))
    assert answered["answered_at"] is not None
