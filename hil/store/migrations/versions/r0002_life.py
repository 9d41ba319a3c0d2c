"""Who holds a rig or a trial is known by a mark, and lives while a counter of its own rises."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark and the counter; rows of before have no mark."""
    op.add_column("trial", sa.Column("token", sa.String(length=32), nullable=True))
    op.add_column(
        "lease", sa.Column("token", sa.String(length=32), nullable=False, server_default="")
    )
    op.add_column("lease", sa.Column("beats", sa.BigInteger(), nullable=False, server_default="0"))
