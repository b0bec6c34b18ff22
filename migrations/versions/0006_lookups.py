"""An index for a look-up by hand: which keys were told of a lead, when its person is erased."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make it. A table with many keys is locked against writing meanwhile, for a second or so a million rows."""
    op.create_index("ix_idempotency_keys_subject", "idempotency_keys", ["subject"])
