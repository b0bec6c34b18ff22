"""the first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("event_read_no")))
    op.create_table(
        "clinics",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sending", sa.Boolean(), server_default="true", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_clinics")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("beat_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_keys")),
        comment="What a sender already told us: `key:<api key>`, `sms:<sender>`, `repeat:<clinic>` and their keys.",
    )
    op.create_index("ix_idempotency_keys_at", "idempotency_keys", ["at"], unique=False)
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.Column("clock_offset_seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("sending", sa.Boolean(), nullable=False),
        sa.Column("phone_key_cipher", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
        comment="The one row of facts that every process of this installation shares.",
    )
    op.create_table(
        "suppressions",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("brand", "phone_hash", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "change_counters",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("last_no", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_change_counters_clinic")),
        sa.PrimaryKeyConstraint("clinic", name=op.f("pk_change_counters")),
        comment="Task change numbers: the row is updated as a transaction's last statement, so numbers commit in order.",
    )
    op.create_table(
        "clinic_versions",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column(
            "applied_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_clinic_versions_clinic")),
        sa.PrimaryKeyConstraint("clinic", "version", name=op.f("pk_clinic_versions")),
        comment="Clinic files as applied; secrets stay references.",
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_contacts_clinic")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("clinic", "phone_hash", name=op.f("uq_contacts_clinic_phone_hash")),
    )
    op.create_index("ix_contacts_phone_hash", "contacts", ["phone_hash"], unique=False)
    op.create_table(
        "senders",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("next_free_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day_segments", sa.Double(), server_default="0", nullable=False),
        sa.Column("day_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_code", sa.Text(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_senders_clinic")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_senders")),
        comment="Pace by sender: next_free_at is the GCRA's theoretical arrival time, by the real clock.",
    )
    op.create_table(
        "sequence_versions",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("clinic_version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_sequence_versions_clinic")),
        sa.PrimaryKeyConstraint("clinic", "key", "version", name=op.f("pk_sequence_versions")),
        comment="In which clinic file version each sequence version stands.",
    )
    op.create_table(
        "sources",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_sources_clinic")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sources")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('source', 'coordinator', 'admin')", name=op.f("ck_api_keys_role")),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_api_keys_clinic")),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_api_keys_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
        comment="The digest is SHA-256 of a 256-bit random secret; the secret itself is shown once and kept nowhere.",
    )
    op.create_table(
        "events",
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        sa.Column("payload_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("read_no", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clinic_version", sa.Integer(), nullable=True),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("quarantined", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_events_clinic")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_events_contact_id")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_events")),
        sa.UniqueConstraint("id", name=op.f("uq_events_id")),
        comment="The log. `no` is taken under the contact's lock, so it orders one contact's events.",
    )
    op.create_index(
        "ix_events_blocking",
        "events",
        ["contact_id"],
        unique=False,
        postgresql_where=sa.text("read_no IS NULL AND blocks"),
    )
    op.create_index("ix_events_contact_id_no", "events", ["contact_id", "no"], unique=False)
    op.create_index(
        "ix_events_unread", "events", ["lane", "no"], unique=False, postgresql_where=sa.text("read_no IS NULL")
    )
    op.create_table(
        "leads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("zones", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("test", sa.Boolean(), nullable=False),
        sa.Column("facts_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("email_hash", sa.LargeBinary(), nullable=True),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Text(), nullable=True),
        sa.Column("consent_id", sa.Text(), nullable=True),
        sa.Column("no_answers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "stage IN ('new', 'texting', 'paused', 'booked', 'declined', 'opted_out', 'nurture', 'finished')",
            name=op.f("ck_leads_stage"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_leads_clinic")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_leads_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.UniqueConstraint("token", name=op.f("uq_leads_token")),
    )
    op.create_index("ix_leads_clinic_captured_at_id", "leads", ["clinic", "captured_at", "id"], unique=False)
    op.create_index("ix_leads_contact_id", "leads", ["contact_id"], unique=False)
    op.create_index(
        "ix_leads_email_hash",
        "leads",
        ["clinic", "email_hash"],
        unique=False,
        postgresql_where=sa.text("email_hash IS NOT NULL"),
    )
    op.create_table(
        "stage_changes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_stage", sa.Text(), nullable=True),
        sa.Column("to_stage", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_stage_changes_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_changes")),
        comment="How a lead went from stage to stage, and by which event; from_stage is null at the first.",
    )
    op.create_index("ix_stage_changes_lead_id", "stage_changes", ["lead_id", "id"], unique=False)
    op.create_table(
        "bookings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_bookings_clinic")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_bookings_contact_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_bookings_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    op.create_index("ix_bookings_contact_id", "bookings", ["contact_id"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("act_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('granted', 'withdrawn')", name=op.f("ck_consents_status")),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_consents_clinic")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_consents_contact_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_consents_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        comment="The ledger: rows are added and never changed.",
    )
    op.create_index("ix_consents_contact_id", "consents", ["contact_id"], unique=False)
    op.create_index(
        "ix_consents_withdrawn",
        "consents",
        ["contact_id"],
        unique=False,
        postgresql_where=sa.text("status = 'withdrawn'"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("task_id", sa.Text(), nullable=True),
        sa.Column("consent_id", sa.Text(), nullable=True),
        sa.Column("body_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("segments", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim_no", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carrier_id", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("looks", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "status IN ('scheduled', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'unknown', 'cancelled', 'dropped', 'expired', 'received')",
            name=op.f("ck_messages_status"),
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_messages_clinic")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_messages_contact_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_messages_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        comment="Texts out and in, and the due moments of steps that are no text. Out: plan, then delivery columns.",
    )
    op.create_index("ix_messages_carrier_id", "messages", ["carrier_id"], unique=False)
    op.create_index("ix_messages_clinic_id", "messages", ["clinic", "id"], unique=False)
    op.create_index("ix_messages_contact_id", "messages", ["contact_id", "id"], unique=False)
    op.create_index(
        "ix_messages_due",
        "messages",
        ["sender", "urgency", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'scheduled'"),
    )
    op.create_index(
        "ix_messages_steps_sent",
        "messages",
        ["contact_id", "sent_at"],
        unique=False,
        postgresql_where=sa.text("purpose = 'step' AND channel = 'text' AND sent_at IS NOT NULL"),
    )
    op.create_index(
        "ix_messages_unsettled",
        "messages",
        ["claimed_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('sending', 'unknown')"),
    )
    op.create_index(
        "uq_messages_one_pending_step",
        "messages",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("status = 'scheduled' AND purpose = 'step'"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("about_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("change_no", sa.BigInteger(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lapsed_by", sa.Text(), nullable=True),
        sa.Column("lapsed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("completed_by", sa.Text(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("listed_status", sa.Text(), nullable=True),
        sa.Column("left_nos", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'claimed', 'snoozed', 'done', 'cancelled')", name=op.f("ck_tasks_status")
        ),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_tasks_clinic")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_tasks_contact_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"], name=op.f("fk_tasks_lead_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        comment="listed_status is the status as of change_no; left_nos has, by status, the change that last left it.",
    )
    op.create_index("ix_tasks_clinic_change_no", "tasks", ["clinic", "change_no"], unique=True)
    op.create_index("ix_tasks_contact_id", "tasks", ["contact_id"], unique=False)
    op.create_index(
        "ix_tasks_leases", "tasks", ["lease_until"], unique=False, postgresql_where=sa.text("status = 'claimed'")
    )
    op.create_index(
        "ix_tasks_snoozes", "tasks", ["snoozed_until"], unique=False, postgresql_where=sa.text("status = 'snoozed'")
    )
    op.create_index(
        "ix_tasks_waiting",
        "tasks",
        ["clinic", "priority", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('open', 'claimed', 'snoozed')"),
    )
    op.create_table(
        "task_entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("text_cipher", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_task_entries_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_entries")),
        comment="A task's history: opened, claimed, released, note, reply, completed, …",
    )
    op.create_index("ix_task_entries_task_id", "task_entries", ["task_id", "id"], unique=False)


def downgrade() -> None:
    op.execute(sa.schema.DropSequence(sa.Sequence("event_read_no")))
    op.drop_index("ix_task_entries_task_id", table_name="task_entries")
    op.drop_table("task_entries")
    op.drop_index(
        "ix_tasks_waiting", table_name="tasks", postgresql_where=sa.text("status IN ('open', 'claimed', 'snoozed')")
    )
    op.drop_index("ix_tasks_snoozes", table_name="tasks", postgresql_where=sa.text("status = 'snoozed'"))
    op.drop_index("ix_tasks_leases", table_name="tasks", postgresql_where=sa.text("status = 'claimed'"))
    op.drop_index("ix_tasks_contact_id", table_name="tasks")
    op.drop_index("ix_tasks_clinic_change_no", table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(
        "uq_messages_one_pending_step",
        table_name="messages",
        postgresql_where=sa.text("status = 'scheduled' AND purpose = 'step'"),
    )
    op.drop_index(
        "ix_messages_unsettled", table_name="messages", postgresql_where=sa.text("status IN ('sending', 'unknown')")
    )
    op.drop_index(
        "ix_messages_steps_sent",
        table_name="messages",
        postgresql_where=sa.text("purpose = 'step' AND channel = 'text' AND sent_at IS NOT NULL"),
    )
    op.drop_index("ix_messages_due", table_name="messages", postgresql_where=sa.text("status = 'scheduled'"))
    op.drop_index("ix_messages_contact_id", table_name="messages")
    op.drop_index("ix_messages_clinic_id", table_name="messages")
    op.drop_index("ix_messages_carrier_id", table_name="messages")
    op.drop_table("messages")
    op.drop_index("ix_consents_withdrawn", table_name="consents", postgresql_where=sa.text("status = 'withdrawn'"))
    op.drop_index("ix_consents_contact_id", table_name="consents")
    op.drop_table("consents")
    op.drop_index("ix_bookings_contact_id", table_name="bookings")
    op.drop_table("bookings")
    op.drop_index("ix_stage_changes_lead_id", table_name="stage_changes")
    op.drop_table("stage_changes")
    op.drop_index("ix_leads_email_hash", table_name="leads", postgresql_where=sa.text("email_hash IS NOT NULL"))
    op.drop_index("ix_leads_contact_id", table_name="leads")
    op.drop_index("ix_leads_clinic_captured_at_id", table_name="leads")
    op.drop_table("leads")
    op.drop_index("ix_events_unread", table_name="events", postgresql_where=sa.text("read_no IS NULL"))
    op.drop_index("ix_events_contact_id_no", table_name="events")
    op.drop_index("ix_events_blocking", table_name="events", postgresql_where=sa.text("read_no IS NULL AND blocks"))
    op.drop_table("events")
    op.drop_table("api_keys")
    op.drop_table("sources")
    op.drop_table("sequence_versions")
    op.drop_table("senders")
    op.drop_index("ix_contacts_phone_hash", table_name="contacts")
    op.drop_table("contacts")
    op.drop_table("clinic_versions")
    op.drop_table("change_counters")
    op.drop_table("suppressions")
    op.drop_table("installation")
    op.drop_index("ix_idempotency_keys_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("heartbeats")
    op.drop_table("clinics")
