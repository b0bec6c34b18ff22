"""e-mail, versions, experiments and the funnel's figures"""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing yet."""
