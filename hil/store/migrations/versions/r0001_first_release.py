"""The first release: rigs, sessions, trials and what was measured in them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Names are looked up by row rather than joined: with one table in FROM its order can only come from
# its index, and the best ten of many need ten rows. With joins SQLite sorted all of them.
TRIAL_SUMMARY = """
CREATE VIEW trial_summary AS
SELECT trial.session_id AS session_id,
       (SELECT name FROM session WHERE session.id = trial.session_id) AS session_name,
       (SELECT rig.name FROM session JOIN rig ON rig.id = session.rig_id
        WHERE session.id = trial.session_id) AS rig,
       trial.number AS number,
       trial.state AS state,
       trial.reason AS reason,
       trial.objective AS objective,
       trial.ci_low AS ci_low,
       trial.ci_high AS ci_high,
       trial.objectives AS objectives,
       (SELECT n_frames FROM acquisition WHERE acquisition.trial_id = trial.id) AS n_frames,
       trial.proposed_at AS proposed_at,
       trial.finished_at AS finished_at,
       trial.device_s AS device_s,
       trial.total_s AS total_s,
       trial.requested AS requested,
       trial.settings AS settings,
       trial.tags AS tags
FROM trial
"""


def upgrade() -> None:
    """Make the tables, their indexes and the view."""
    _rig()
    _calibration()
    _session()
    _trial()
    _setting()
    _acquisition()
    _estimate()
    _event()
    _lease()
    op.execute(TRIAL_SUMMARY)


def _rig() -> None:
    op.create_table(
        "rig",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rig"),
        sa.UniqueConstraint("name", "sha256", name="uq_rig_name_sha256"),
    )


def _calibration() -> None:
    op.create_table(
        "calibration",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("rig_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("noise", sa.JSON(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["rig_id"], ["rig.id"], name="fk_calibration_rig_id_rig"),
        sa.PrimaryKeyConstraint("id", name="pk_calibration"),
    )
    op.create_index("ix_calibration_rig_id_created_at", "calibration", ["rig_id", "created_at"])


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rig_id", sa.String(length=32), nullable=False),
        sa.Column("calibration_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("session_text", sa.Text(), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("n_trials", sa.Integer(), nullable=False),
        sa.Column("objectives", sa.JSON(), nullable=False),
        sa.Column("estimator", sa.Text(), nullable=False),
        sa.Column("study_attrs", sa.JSON(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("stop_requested", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('RUNNING', 'PAUSED', 'COMPLETE', 'STOPPED', 'FAILED', 'STALE')",
            name="ck_session_state",
        ),
        sa.ForeignKeyConstraint(
            ["calibration_id"], ["calibration.id"], name="fk_session_calibration_id_calibration"
        ),
        sa.ForeignKeyConstraint(["rig_id"], ["rig.id"], name="fk_session_rig_id_rig"),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
    )
    op.create_index("ix_session_calibration_id", "session", ["calibration_id"])
    op.create_index("ix_session_created_at", "session", ["created_at"])
    op.create_index("ix_session_name", "session", ["name"])
    op.create_index("ix_session_rig_id", "session", ["rig_id"])


def _trial() -> None:
    op.create_table(
        "trial",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=True),
        sa.Column("distributions", sa.JSON(), nullable=False),
        sa.Column("sampler_attrs", sa.JSON(), nullable=False),
        sa.Column("intermediate", sa.JSON(), nullable=False),
        sa.Column("constraints", sa.JSON(), nullable=False),
        sa.Column("objective", sa.Double(), nullable=True),
        sa.Column("ci_low", sa.Double(), nullable=True),
        sa.Column("ci_high", sa.Double(), nullable=True),
        sa.Column("objectives", sa.JSON(), nullable=True),
        sa.Column("retry_of", sa.Integer(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("estimated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device_s", sa.Double(), nullable=True),
        sa.Column("total_s", sa.Double(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("process_created", sa.Double(), nullable=True),
        sa.CheckConstraint(
            "state IN ('PROPOSED', 'APPLIED', 'CAPTURED', 'ESTIMATED',"
            " 'COMPLETE', 'PRUNED', 'FAILED', 'ABORTED', 'STALE')",
            name="ck_trial_state",
        ),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_trial_session_id_session"),
        sa.PrimaryKeyConstraint("id", name="pk_trial"),
        sa.UniqueConstraint("session_id", "number", name="uq_trial_session_id_number"),
    )
    op.create_index("ix_trial_objective", "trial", ["objective"])
    op.create_index("ix_trial_proposed_at", "trial", ["proposed_at"])
    op.create_index("ix_trial_session_id_objective", "trial", ["session_id", "objective"])
    op.create_index("ix_trial_state", "trial", ["state"])
    if op.get_bind().dialect.name == "postgresql":
        # It sorts NULL first downwards; people want failed trials last.
        op.create_index("ix_trial_best", "trial", [sa.text("objective DESC NULLS LAST")])
        op.create_index(
            "ix_trial_session_best", "trial", ["session_id", sa.text("objective DESC NULLS LAST")]
        )


def _setting() -> None:
    op.create_table(
        "setting",
        sa.Column("trial_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("requested_num", sa.Double(), nullable=True),
        sa.Column("requested_text", sa.Text(), nullable=True),
        sa.Column("value_num", sa.Double(), nullable=True),
        sa.Column("value_text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name="fk_setting_trial_id_trial"),
        sa.PrimaryKeyConstraint("trial_id", "name", name="pk_setting"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_setting_name_value_num", "setting", ["name", "value_num"])
    op.create_index("ix_setting_name_value_text", "setting", ["name", "value_text"])


def _acquisition() -> None:
    op.create_table(
        "acquisition",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("trial_id", sa.String(length=32), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("shape", sa.JSON(), nullable=True),
        sa.Column("dtype", sa.String(length=16), nullable=False),
        sa.Column("n_frames", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("checksums", sa.JSON(), nullable=False),
        sa.Column("exposure_ms", sa.Double(), nullable=False),
        sa.Column("saturation_adu", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name="fk_acquisition_trial_id_trial"),
        sa.PrimaryKeyConstraint("id", name="pk_acquisition"),
        sa.UniqueConstraint("trial_id", name="uq_acquisition_trial_id"),
    )


def _estimate() -> None:
    op.create_table(
        "estimate",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("trial_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("estimator", sa.Text(), nullable=False),
        sa.Column("bits_per_pixel", sa.Double(), nullable=True),
        sa.Column("ci_low", sa.Double(), nullable=True),
        sa.Column("ci_high", sa.Double(), nullable=True),
        sa.Column("h_y_nats", sa.Double(), nullable=True),
        sa.Column("h_y_given_x_nats", sa.Double(), nullable=True),
        sa.Column("n_patches", sa.Integer(), nullable=False),
        sa.Column("n_units", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("per_field_bits", sa.JSON(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name="fk_estimate_trial_id_trial"),
        sa.PrimaryKeyConstraint("id", name="pk_estimate"),
    )
    op.create_index("ix_estimate_trial_id_created_at", "estimate", ["trial_id", "created_at"])


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("trial_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_event_session_id_session"),
        sa.ForeignKeyConstraint(["trial_id"], ["trial.id"], name="fk_event_trial_id_trial"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_kind_at", "event", ["kind", "at"])
    op.create_index("ix_event_session_id_at", "event", ["session_id", "at"])
    op.create_index("ix_event_trial_id", "event", ["trial_id"])


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("rig", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process_created", sa.Double(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("acquired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rig", name="pk_lease"),
    )
