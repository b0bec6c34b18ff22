"""e-mail, versions, experiments and the funnel's figures"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _emails()
    _versions()
    _funnel()


def _versions() -> None:
    """Who applied a clinic file, and which leads stand in which version of a sequence."""
    op.add_column("clinic_versions", sa.Column("applied_by", sa.Text()))
    op.create_index(
        "ix_leads_sequence",
        "leads",
        ["clinic", "sequence", "version", "id"],
        unique=False,
        postgresql_where=sa.text("sequence IS NOT NULL"),
    )


def _emails() -> None:
    """Who wants no e-mail, how fast a clinic's may leave, and when one went to a contact last."""
    op.create_table(
        "email_suppressions",
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("email_hash", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("brand", "email_hash", name=op.f("pk_email_suppressions")),
        comment="Who wants no e-mails. It says nothing about texts; the hash is the one of leads.email_hash.",
    )
    op.create_table(
        "mailboxes",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("next_free_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clinic"], ["clinics.key"], name=op.f("fk_mailboxes_clinic")),
        sa.PrimaryKeyConstraint("clinic", name=op.f("pk_mailboxes")),
        comment="Pace of a clinic's e-mails, as senders have it for texts: the theoretical arrival time, by real time.",
    )
    op.create_index(
        "ix_messages_emails_sent",
        "messages",
        ["contact_id", "sent_at"],
        unique=False,
        postgresql_where=sa.text("channel = 'email' AND sent_at IS NOT NULL"),
    )


def _funnel() -> None:
    """The figures: where counting stands, what it remembers, and what it has counted. Old events are counted by the worker."""
    op.add_column("messages", sa.Column("variant", sa.Text()))
    op.create_index(
        "ix_events_read",
        "events",
        ["lane", "read_no"],
        unique=False,
        postgresql_where=sa.text("read_no IS NOT NULL"),
    )
    op.create_table(
        "funnel_marks",
        sa.Column("lane", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("read_no", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lane", name=op.f("pk_funnel_marks")),
        comment="Up to which event of each lane the figures count; it moves in the transaction that counts.",
    )
    op.create_table(
        "funnel_leads",
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_funnel_leads")),
        comment="What counting must remember of a lead: its last step text, what of it was counted. No word of a person.",
    )
    op.create_table(
        "funnel_tasks",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_funnel_tasks")),
        comment="The same of a task: when it was opened and under what it counts, and whether its answer was counted.",
    )
    keys = ("sequence", "step", "variant", "source", "location", "service")
    measures = (
        *("captured", "leads", "entered", "sent", "segments", "emails", "delivered", "failed"),
        *("replies", "replied", "question", "booked", "declined", "opted_out"),
    )
    op.create_table(
        "funnel_days",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in keys),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in measures),
        sa.PrimaryKeyConstraint("clinic", "day", *keys, name=op.f("pk_funnel_days")),
        comment="The funnel by day in the clinic's zone; '-' stands for none.",
    )
    keys = ("sequence", "variant", "source", "kind", "team")
    op.create_table(
        "funnel_times",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in keys),
        sa.Column("bucket", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("booked", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("clinic", "day", "measure", *keys, "bucket", name=op.f("pk_funnel_times")),
        comment="How long things took, by bucket (domain.funnel.EDGES), and how many of those leads booked.",
    )
