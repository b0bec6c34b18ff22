"""Every table, constraint and index: what migrations are made from, and nothing else.

How to think of it: `events` is the log, everything else is state. Only the inbox writes what `decide`
decides (leads, tasks' openings, message plans, consents, suppressions); the dispatcher writes the delivery
columns of `messages`; the task doors write the lease columns of `tasks`. Columns named `*_cipher` hold
`crypto.Vault` ciphertext; nothing that names a person or quotes them stands in the clear.

Two clocks: columns called `at`, `due_at`, `expires_at`, `read_at`, `opened_at` and the like follow the
installation's (movable) clock; `recorded_at`, `claimed_at`, `beat_at` and pace follow the database's own.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy import Sequence as Counter
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

STAGES = ("new", "texting", "paused", "booked", "declined", "opted_out", "nurture", "finished")
MESSAGE_STATUSES = (
    "scheduled",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "unknown",
    "cancelled",
    "dropped",
    "expired",
    "received",
)
CONSENT_STATUSES = ("granted", "renewed", "unmatched", "withdrawn")
TASK_STATUSES = ("open", "claimed", "snoozed", "done", "cancelled")
ROLES = ("source", "coordinator", "admin")
FUNNEL_MEASURES = (
    *("captured", "leads", "entered", "sent", "segments", "emails", "delivered", "failed"),
    *("replies", "replied", "question", "booked", "declined", "opted_out"),
)


def _moment(name: str, *, required: bool = False, real: bool = False) -> Column:  # type: ignore[type-arg]
    default = text("clock_timestamp()") if real else None
    return Column(name, DateTime(timezone=True), nullable=not required, server_default=default)


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


installation = Table(
    "installation",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
    Column("lanes", Integer, nullable=False),
    Column("clock_offset_seconds", Double, nullable=False, server_default="0"),
    Column("sending", Boolean, nullable=False),
    Column("phone_key_cipher", LargeBinary, nullable=False),
    _moment("created_at", required=True, real=True),
    comment="The one row of facts that every process of this installation shares.",
)

clinics = Table(
    "clinics",
    metadata,
    Column("key", Text, primary_key=True),
    Column("brand", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sending", Boolean, nullable=False, server_default="true"),
    _moment("created_at", required=True, real=True),
)

clinic_versions = Table(
    "clinic_versions",
    metadata,
    Column("clinic", Text, ForeignKey("clinics.key"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("digest", Text, nullable=False),
    _moment("applied_at", required=True, real=True),
    Column("applied_by", Text),
    comment="Clinic files as applied; secrets stay references.",
)

sequence_versions = Table(
    "sequence_versions",
    metadata,
    Column("clinic", Text, ForeignKey("clinics.key"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("clinic_version", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    comment="In which clinic file version each sequence version stands.",
)

senders = Table(
    "senders",
    metadata,
    Column("key", Text, primary_key=True),
    Column("clinic", Text, ForeignKey("clinics.key"), nullable=False),
    Column("number", Text, nullable=False),
    _moment("next_free_at"),
    Column("day_segments", Double, nullable=False, server_default="0"),
    _moment("day_at"),
    Column("held_code", Text),
    _moment("held_at"),
    comment="Pace by sender: next_free_at is the GCRA's theoretical arrival time, by the real clock.",
)

sources = Table(
    "sources",
    metadata,
    Column("key", Text, primary_key=True),
    Column("clinic", Text, ForeignKey("clinics.key"), nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("clinic", Text, ForeignKey("clinics.key"), nullable=False),
    Column("role", Text, nullable=False),
    Column("source", Text, ForeignKey("sources.key")),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    _moment("created_at", required=True, real=True),
    _moment("revoked_at"),
    _one_of("role", ROLES),
    comment="The digest is SHA-256 of a 256-bit random secret; the secret itself is shown once and kept nowhere.",
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("clinic", Text, ForeignKey("clinics.key"), nullable=False),
    Column("phone_hash", LargeBinary, nullable=False),
    Column("phone_cipher", LargeBinary, nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("sender", Text),
    Column("talk_cipher", LargeBinary),
    _moment("created_at", required=True, real=True),
    UniqueConstraint("clinic", "phone_hash"),
)
Index("ix_contacts_phone_hash", contacts.c.phone_hash)

suppressions = Table(
    "suppressions",
    metadata,
    Column("brand", Text, primary_key=True),
    Column("phone_hash", LargeBinary, primary_key=True),
    Column("by", Text, nullable=False),
    _moment("since", required=True),
    _moment("lifted_at"),
)

email_suppressions = Table(
    "email_suppressions",
    metadata,
    Column("brand", Text, primary_key=True),
    Column("email_hash", LargeBinary, primary_key=True),
    _moment("since", required=True),
    comment="Who wants no e-mails. It says nothing about texts; the hash is the one of leads.email_hash.",
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("clinic", Text, ForeignKey("clinics.key"), primary_key=True),
    _moment("next_free_at"),
    comment="Pace of a clinic's e-mails, as senders have it for texts: the theoretical arrival time, by real time.",
)

leads = Table(
    "leads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("clinic", Text, ForeignKey("clinics.key"), nullable=False),
    Column("contact_id", Text, ForeignKey("contacts.id"), nullable=False),
    Column("stage", Text, nullable=False),
    _moment("captured_at", required=True),
    Column("source", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("service", Text),
    Column("location", Text),
    Column("language", Text),
    Column("zones", ARRAY(Text), nullable=False),
    Column("states", ARRAY(Text), nullable=False, server_default="{}"),
    Column("located", JSONB, nullable=False, server_default="[]"),
    Column("test", Boolean, nullable=False),
    Column("facts_cipher", LargeBinary, nullable=False),
    Column("email_hash", LargeBinary),
    Column("track", Text, nullable=False),
    Column("score", Integer, nullable=False),
    Column("sequence", Text),
    Column("version", Integer, nullable=False),
    Column("variant", Text),
    Column("step", Integer, nullable=False),
    Column("pending", Text),
    Column("consent_id", Text),
    Column("no_answers", Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    _one_of("stage", STAGES),
)
Index("ix_leads_contact_id", leads.c.contact_id)
Index("ix_leads_clinic_captured_at_id", leads.c.clinic, leads.c.captured_at, leads.c.id)
Index(
    "ix_leads_sequence",
    *(leads.c.clinic, leads.c.sequence, leads.c.version, leads.c.id),
    postgresql_where=text("sequence IS NOT NULL"),
)
Index("ix_leads_email_hash", leads.c.clinic, leads.c.email_hash, postgresql_where=text("email_hash IS NOT NULL"))

stage_changes = Table(
    "stage_changes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("lead_id", Text, ForeignKey("leads.id"), nullable=False),
    _moment("at", required=True),
    Column("from_stage", Text),
    Column("to_stage", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    comment="How a lead went from stage to stage, and by which event; from_stage is null at the first.",
)
Index("ix_stage_changes_lead_id", stage_changes.c.lead_id, stage_changes.c.id)

event_read_no = Counter("event_read_no", metadata=metadata)

events = Table(
    "events",
    metadata,
    Column("no", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("clinic", Text, ForeignKey("clinics.key"), nullable=False),
    Column("contact_id", Text, ForeignKey("contacts.id"), nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("blocks", Boolean, nullable=False),
    Column("payload_cipher", LargeBinary, nullable=False),
    _moment("at", required=True),
    _moment("recorded_at", required=True, real=True),
    Column("read_no", BigInteger),
    _moment("read_at"),
    Column("clinic_version", Integer),
    Column("failures", SmallInteger, nullable=False, server_default="0"),
    Column("quarantined", Boolean, nullable=False, server_default="false"),
    comment="The log. `no` is taken under the contact's lock, so it orders one contact's events.",
)
Index("ix_events_unread", events.c.lane, events.c.no, postgresql_where=text("read_no IS NULL"))
Index("ix_events_blocking", events.c.contact_id, postgresql_where=text("read_no IS NULL AND blocks"))
Index("ix_events_contact_id_no", events.c.contact_id, events.c.no)
Index("ix_events_read", events.c.lane, events.c.read_no, postgresql_where=text("read_no IS NOT NULL"))

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    _moment("at", required=True),
    comment="What a sender already told us: `key:<api key>`, `sms:<sender>`, `repeat:<clinic>` and their keys.",
)
Index("ix_idempotency_keys_at", idempotency_keys.c.at)
Index("ix_idempotency_keys_subject", idempotency_keys.c.subject)

consents = Table(
    "consents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("no", BigInteger, Identity(always=True), nullable=False),
    Column("clinic", Text, ForeignKey("clinics.key"), nullable=False),
    Column("contact_id", Text, nullable=False),
    Column("lead_id", Text),
    Column("person", Text),
    Column("phone_hash", LargeBinary, nullable=False),
    Column("phone_cipher", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("text_key", Text),
    Column("text_sha256", Text),
    Column("problem", Text),
    Column("source", Text),
    Column("language", Text),
    Column("clinic_name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("recorded_by", Text),
    Column("corrects", Text),
    Column("act_cipher", LargeBinary, nullable=False),
    _moment("occurred_at"),
    _moment("recorded_at", required=True),
    _moment("written_at", required=True, real=True),
    _one_of("status", CONSENT_STATUSES),
    comment="The ledger: rows are added and never changed, a trigger sees to it; it outlives leads and contacts.",
)
Index("ix_consents_contact_id", consents.c.contact_id)
Index("ix_consents_clinic_no", consents.c.clinic, consents.c.no, unique=True)
Index("ix_consents_problem", consents.c.recorded_at, postgresql_where=text("problem IS NOT NULL"))

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("clinic", Text, ForeignKey("clinics.key"), nullable=False),
    Column("contact_id", Text, ForeignKey("contacts.id"), nullable=False),
    Column("lead_id", Text, ForeignKey("leads.id")),
    Column("direction", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("urgency", SmallInteger, nullable=False),
    Column("sender", Text, nullable=False),
    Column("sequence", Text),
    Column("version", Integer),
    Column("step", Text),
    Column("variant", Text),
    Column("task_id", Text),
    Column("consent_id", Text),
    Column("body_cipher", LargeBinary, nullable=False),
    Column("segments", SmallInteger, nullable=False, server_default="0"),
    _moment("planned_at", required=True),
    _moment("due_at", required=True),
    _moment("expires_at", required=True),
    Column("claim_no", Integer, nullable=False, server_default="0"),
    _moment("claimed_at"),
    _moment("sent_at"),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    _moment("retry_at"),
    Column("carrier_id", Text),
    Column("error_code", Text),
    Column("looks", SmallInteger, nullable=False, server_default="0"),
    _moment("look_at"),
    Column("decision", JSONB),
    Column("reading", JSONB),
    _one_of("status", MESSAGE_STATUSES),
    comment="Texts out and in, and the due moments of steps that are no text. Out: plan, then delivery columns.",
)
Index(
    "ix_messages_due",
    messages.c.sender,
    messages.c.urgency,
    messages.c.due_at,
    messages.c.id,
    postgresql_where=text("status = 'scheduled'"),
)
Index(
    "uq_messages_one_pending_step",
    messages.c.lead_id,
    unique=True,
    postgresql_where=text("status = 'scheduled' AND purpose = 'step'"),
)
Index("ix_messages_contact_id", messages.c.contact_id, messages.c.id)
Index(
    "ix_messages_steps_sent",
    messages.c.contact_id,
    messages.c.sent_at,
    postgresql_where=text("purpose = 'step' AND channel = 'text' AND sent_at IS NOT NULL"),
)
Index(
    "ix_messages_emails_sent",
    messages.c.contact_id,
    messages.c.sent_at,
    postgresql_where=text("channel = 'email' AND sent_at IS NOT NULL"),
)
Index("ix_messages_carrier_id", messages.c.carrier_id)
Index("ix_messages_unsettled", messages.c.claimed_at, postgresql_where=text("status IN ('sending', 'unknown')"))
Index("ix_messages_clinic_id", messages.c.clinic, messages.c.id)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("clinic", Text, ForeignKey("clinics.key"), nullable=False),
    Column("contact_id", Text, ForeignKey("contacts.id"), nullable=False),
    Column("lead_id", Text, ForeignKey("leads.id")),
    Column("kind", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("team", Text, nullable=False),
    Column("status", Text, nullable=False),
    _moment("opened_at", required=True),
    _moment("due_at", required=True),
    Column("about_cipher", LargeBinary, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("change_no", BigInteger),
    Column("assignee", Text),
    _moment("lease_until"),
    _moment("snoozed_until"),
    Column("lapsed_by", Text),
    _moment("lapsed_until"),
    Column("outcome", Text),
    Column("completed_by", Text),
    _moment("completed_at"),
    Column("listed_status", Text),
    Column("left_nos", JSONB, nullable=False, server_default="{}"),
    _moment("answered_at"),
    _moment("escalates_at"),
    _moment("escalated_at"),
    Column("escalates_to", Text),
    Column("escalated_to", Text),
    Column("wish", JSONB),
    _one_of("status", TASK_STATUSES),
    comment="listed_status is the status as of change_no; left_nos has, by status, the change that last left it.",
)
Index("ix_tasks_clinic_change_no", tasks.c.clinic, tasks.c.change_no, unique=True)
Index(
    "ix_tasks_waiting",
    tasks.c.clinic,
    tasks.c.priority,
    tasks.c.due_at,
    tasks.c.id,
    postgresql_where=text("status IN ('open', 'claimed', 'snoozed')"),
)
Index("ix_tasks_contact_id", tasks.c.contact_id)
Index("ix_tasks_urgent", tasks.c.id, postgresql_where=text("kind = 'urgent'"))
Index("ix_tasks_leases", tasks.c.lease_until, postgresql_where=text("status = 'claimed'"))
Index("ix_tasks_snoozes", tasks.c.snoozed_until, postgresql_where=text("status = 'snoozed'"))
Index(
    "ix_tasks_escalations",
    tasks.c.escalates_at,
    postgresql_where=text("status IN ('open', 'claimed') AND escalates_at IS NOT NULL"),
)

task_entries = Table(
    "task_entries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("task_id", Text, ForeignKey("tasks.id"), nullable=False),
    _moment("at", required=True),
    Column("kind", Text, nullable=False),
    Column("by", Text),
    Column("text_cipher", LargeBinary),
    comment="A task's history: opened, claimed, released, note, reply, completed, …",
)
Index("ix_task_entries_task_id", task_entries.c.task_id, task_entries.c.id)

change_counters = Table(
    "change_counters",
    metadata,
    Column("clinic", Text, ForeignKey("clinics.key"), primary_key=True),
    Column("last_no", BigInteger, nullable=False, server_default="0"),
    comment="Task change numbers: the row is updated as a transaction's last statement, so numbers commit in order.",
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("clinic", Text, ForeignKey("clinics.key"), nullable=False),
    Column("contact_id", Text, ForeignKey("contacts.id"), nullable=False),
    Column("lead_id", Text, ForeignKey("leads.id")),
    Column("external_id", Text),
    Column("status", Text, nullable=False),
    _moment("starts_at"),
    _moment("at", required=True),
)
Index("ix_bookings_contact_id", bookings.c.contact_id)

funnel_marks = Table(
    "funnel_marks",
    metadata,
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    Column("read_no", BigInteger, nullable=False),
    comment="Up to which event of each lane the figures count; it moves in the transaction that counts.",
)

funnel_leads = Table(
    "funnel_leads",
    metadata,
    Column("lead_id", Text, primary_key=True),
    Column("state", JSONB, nullable=False),
    comment="What counting must remember of a lead: its last step text, what of it was counted. No word of a person.",
)

funnel_tasks = Table(
    "funnel_tasks",
    metadata,
    Column("task_id", Text, primary_key=True),
    Column("state", JSONB, nullable=False),
    comment="The same of a task: when it was opened and under what it counts, and whether its answer was counted.",
)

funnel_days = Table(
    "funnel_days",
    metadata,
    Column("clinic", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    *(
        Column(name, Text, primary_key=True)
        for name in ("sequence", "step", "variant", "source", "location", "service")
    ),
    *(Column(name, Integer, nullable=False, server_default="0") for name in FUNNEL_MEASURES),
    comment="The funnel by day in the clinic's zone; '-' stands for none.",
)

funnel_times = Table(
    "funnel_times",
    metadata,
    Column("clinic", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("measure", Text, primary_key=True),
    *(Column(name, Text, primary_key=True) for name in ("sequence", "variant", "source", "kind", "team")),
    Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False, server_default="0"),
    Column("booked", Integer, nullable=False, server_default="0"),
    comment="How long things took, by bucket (domain.funnel.EDGES), and how many of those leads booked.",
)

experiment_people = Table(
    "experiment_people",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("clinic", "experiment", "edition", "contact_id")),
    Column("lead_id", Text, nullable=False),
    Column("arm", Text, nullable=False),
    _moment("entered_at", required=True),
    _moment("first_text_at"),
    Column("sent", Integer, nullable=False, server_default="0"),
    Column("delivered", Integer, nullable=False, server_default="0"),
    _moment("replied_at"),
    _moment("booked_at"),
    _moment("opted_out_at"),
    comment="Who takes part in an experiment: the arm is written once by the inbox, what came of it by the counting.",
)
Index("ix_experiment_people_contact_id", experiment_people.c.contact_id)

experiment_stops = Table(
    "experiment_stops",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("clinic", "experiment", "edition", "arm")),
    Column("clinic_version", Integer, nullable=False),
    _moment("at", required=True),
    Column("people", Integer, nullable=False),
    Column("opted_out", Integer, nullable=False),
    Column("opt_out_limit", Double, nullable=False),
    comment="Arms that get no new leads, from that version of the clinic's file on, and why.",
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("process", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    _moment("started_at", required=True, real=True),
    _moment("beat_at", required=True, real=True),
    Column("state", JSONB),
)
