"""what reading replies and answering people keep"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # How each reply was read, for the conversation and for `leadline replay`.
    op.add_column("messages", sa.Column("reading", postgresql.JSONB(astext_type=sa.Text())))
    _escalation()
    # What the machine said to a phone of late, and what it offers; what is certain of the times a person asked for.
    op.add_column("contacts", sa.Column("talk_cipher", sa.LargeBinary()))
    op.add_column("tasks", sa.Column("wish", postgresql.JSONB(astext_type=sa.Text())))
    op.create_index("ix_tasks_urgent", "tasks", ["id"], unique=False, postgresql_where=sa.text("kind = 'urgent'"))


def _escalation() -> None:
    """When a task was answered, and when it goes on to others because it was not."""
    for name in ("answered_at", "escalates_at", "escalated_at"):
        op.add_column("tasks", sa.Column(name, sa.DateTime(timezone=True)))
    for name in ("escalates_to", "escalated_to"):
        op.add_column("tasks", sa.Column(name, sa.Text()))
    op.execute("""
    UPDATE tasks SET answered_at = (SELECT min(at) FROM task_entries WHERE task_id = tasks.id AND kind = 'reply')
    WHERE status IN ('open', 'claimed', 'snoozed')
    """)
    # What waits now escalates at its due time; what an old installation left unanswered does so at once.
    op.execute("""
    UPDATE tasks SET escalates_at = due_at
    WHERE status IN ('open', 'claimed', 'snoozed') AND answered_at IS NULL AND kind <> 'urgent'
    """)
    op.create_index(
        "ix_tasks_escalations",
        "tasks",
        ["escalates_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('open', 'claimed') AND escalates_at IS NOT NULL"),
    )
