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
    "workers": Gauge("leadline_workers", "Workers whose heart beat lately.", registry=REGISTRY),
    "quarantined": Gauge("leadline_quarantined_events", "Events set aside because reading failed.", registry=REGISTRY),
}
"""The installation's state, by the name `store.vitals` gives it; set at each scrape, NaN when unknown."""
