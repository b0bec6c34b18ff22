"""consent, hours and approvals: what a text's reasons are kept in"""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nothing yet."""
