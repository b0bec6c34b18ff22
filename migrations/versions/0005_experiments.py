"""experiments: the arm of a lead, who takes part, which arms were stopped"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("leads", sa.Column("variant", sa.Text()))
    op.create_table(
        "experiment_people",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("clinic", "experiment", "edition", "contact_id")),
        sa.Column("lead_id", sa.Text(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_text_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent", sa.Integer(), server_default="0", nullable=False),
        sa.Column("delivered", sa.Integer(), server_default="0", nullable=False),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=True)
            for name in ("replied_at", "booked_at", "opted_out_at")
        ),
        sa.PrimaryKeyConstraint("clinic", "experiment", "edition", "contact_id", name=op.f("pk_experiment_people")),
        comment="Who takes part in an experiment: the arm is written once by the inbox, what came of it by the counting.",
    )
    op.create_index("ix_experiment_people_contact_id", "experiment_people", ["contact_id"])
    op.create_table(
        "experiment_stops",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("clinic", "experiment", "edition", "arm")),
        sa.Column("clinic_version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("opted_out", sa.Integer(), nullable=False),
        sa.Column("opt_out_limit", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("clinic", "experiment", "edition", "arm", name=op.f("pk_experiment_stops")),
        comment="Arms that get no new leads, from that version of the clinic's file on, and why.",
    )
