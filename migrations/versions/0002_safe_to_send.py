"""consent, hours and approvals: what a text's reasons are kept in"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _places()
    _consents()


def _places() -> None:
    """Where the person may be. Leads that are here have no state: the claim asks their number and their clinic."""
    states = sa.Column("states", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    located = sa.Column("located", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    op.add_column("leads", states)
    op.add_column("leads", located)


def _consents() -> None:
    """The ledger stands by itself: in order, with its own phone and what a regulator asks for, and never changed."""
    for name in ("person", "text_key", "problem", "source", "language", "clinic_name", "recorded_by", "corrects"):
        op.add_column("consents", sa.Column(name, sa.Text()))
    op.add_column("consents", sa.Column("no", sa.BigInteger()))
    op.add_column("consents", sa.Column("phone_hash", sa.LargeBinary()))
    op.add_column("consents", sa.Column("phone_cipher", sa.LargeBinary()))
    op.add_column("consents", sa.Column("scope", sa.Text()))
    written = sa.Column("written_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"))
    op.add_column("consents", written)
    # What was withdrawn by another way than "wrong number" closed the whole phone: it still does.
    op.execute("""
    UPDATE consents SET
           no = numbered.no, phone_hash = contacts.phone_hash, phone_cipher = contacts.phone_cipher,
           clinic_name = clinics.name, scope = 'appointment follow-up', written_at = consents.recorded_at,
           source = leads.source, language = leads.language,
           person = CASE WHEN consents.status = 'granted' OR consents.method = 'wrong number' THEN consents.lead_id END
    FROM (SELECT id, row_number() OVER (ORDER BY recorded_at, id) AS no FROM consents) AS numbered
    JOIN consents AS row ON row.id = numbered.id
    JOIN contacts ON contacts.id = row.contact_id JOIN clinics ON clinics.key = row.clinic
    LEFT JOIN leads ON leads.id = row.lead_id
    WHERE consents.id = numbered.id
    """)
    for name in ("no", "phone_hash", "phone_cipher", "clinic_name", "scope", "written_at"):
        op.alter_column("consents", name, nullable=False)
    op.execute("ALTER TABLE consents ALTER COLUMN no ADD GENERATED ALWAYS AS IDENTITY")
    op.execute(
        "SELECT setval(pg_get_serial_sequence('consents', 'no'), (SELECT coalesce(max(no), 0) + 1 FROM consents))"
    )
    op.drop_constraint(op.f("ck_consents_status"), "consents", type_="check")
    statuses = "status IN ('granted', 'renewed', 'unmatched', 'withdrawn')"
    op.create_check_constraint(op.f("ck_consents_status"), "consents", statuses)
    for column in ("contact_id", "lead_id"):
        op.drop_constraint(op.f(f"fk_consents_{column}"), "consents", type_="foreignkey")
    op.drop_index("ix_consents_withdrawn", table_name="consents")
    op.create_index("ix_consents_clinic_no", "consents", ["clinic", "no"], unique=True)
    op.create_index(
        "ix_consents_problem",
        "consents",
        ["recorded_at"],
        unique=False,
        postgresql_where=sa.text("problem IS NOT NULL"),
    )
    op.create_table_comment(
        "consents",
        "The ledger: rows are added and never changed, a trigger sees to it; it outlives leads and contacts.",
    )
    op.execute("""
    CREATE FUNCTION leadline_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END $$
    """)
    op.execute("""
    CREATE TRIGGER consents_only_grow BEFORE UPDATE OR DELETE ON consents
    FOR EACH ROW EXECUTE FUNCTION leadline_refuse_change()
    """)
