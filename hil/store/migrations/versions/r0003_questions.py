"""Indexes that serve what people ask of many sessions and of long ones."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Count, sort and page within a session, and page through all trials, by an index each."""
    op.drop_index("ix_trial_proposed_at", "trial")
    op.create_index("ix_trial_proposed_at_number", "trial", ["proposed_at", "number"])
    op.create_index(
        "ix_trial_session_id_proposed_at_number", "trial", ["session_id", "proposed_at", "number"]
    )
    # Without it SQLite counts a session's complete trials by the index on `state`: those of all.
    op.create_index("ix_trial_session_id_state", "trial", ["session_id", "state"])
    op.create_index("ix_trial_session_id_kind", "trial", ["session_id", "kind"])
