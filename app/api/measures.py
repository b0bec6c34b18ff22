"""What `/metrics` counts in this process. Labels are route templates and statuses, never ids or people."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

REQUESTS = Counter("leadline_requests_total", "Requests answered.", ["method", "route", "status"], registry=REGISTRY)
GROUP_SIZES = Histogram(
    "leadline_intake_group_size",
    "Leads committed together.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
    registry=REGISTRY,
)
STRAY_RECEIPTS = Counter(
    "leadline_stray_receipts_total", "Status callbacks about messages that are not ours.", registry=REGISTRY
)

GAUGES = {
    "unread": Gauge("leadline_unread_events", "Events that wait to be read.", registry=REGISTRY),
    "unread_age": Gauge("leadline_oldest_unread_seconds", "Age of the oldest unread event.", registry=REGISTRY),
    "due_age": Gauge("leadline_oldest_due_seconds", "How long the oldest due text has been due.", registry=REGISTRY),
    "emails_due": Gauge("leadline_due_emails", "E-mails that are due and have not left.", registry=REGISTRY),
    "workers": Gauge("leadline_workers", "Workers whose heart beat lately.", registry=REGISTRY),
    "quarantined": Gauge("leadline_quarantined_events", "Events set aside because reading failed.", registry=REGISTRY),
    "counting_age": Gauge(
        "leadline_uncounted_seconds", "How long the oldest read event waits to be counted.", registry=REGISTRY
    ),
    "urgent": Gauge("leadline_urgent_total", "Urgent tasks ever opened.", registry=REGISTRY),
}
"""The installation's state, by the name `store.vitals` gives it; set at each scrape, NaN when unknown."""

DRIFTING = Gauge(
    "leadline_drifting_forms",
    "Forms of the last seven days whose consent words are not on file.",
    ["source"],
    registry=REGISTRY,
)

_OF_TEAM = ["clinic", "team"]

TEAM_GAUGES = {
    "open": Gauge("leadline_team_open_tasks", "Tasks that need somebody of a team now.", _OF_TEAM, registry=REGISTRY),
    "overdue": Gauge(
        "leadline_team_overdue_tasks", "Of these, the tasks nobody answered in time.", _OF_TEAM, registry=REGISTRY
    ),
    "capacity": Gauge("leadline_team_capacity", "Open tasks that a team can bear.", _OF_TEAM, registry=REGISTRY),
}
"""Each team's queue, by the name `store.task_lists.Load` gives it; set at each scrape, gone while unknown."""
