"""Every table of the database, as SQLAlchemy Core. Migrations in `migrations/versions` make exactly these."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

dataset = Table(
    "dataset",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String(collation="NOCASE"), nullable=False, unique=True),
    Column("problem_type", String, nullable=False),
    Column("state", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("source", String, nullable=False, default=""),
    Column("example_of", String, nullable=False, default=""),
    Column("manifest", JSON(none_as_null=True)),
    Column("findings_count", JSON, nullable=False, default=dict),
    Column("error", JSON(none_as_null=True)),
    Column("deleted", Float),
)

experiment = Table(
    "experiment",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String(collation="NOCASE"), nullable=False, unique=True),
    Column("problem_type", String, nullable=False),
    Column("model_type", String),
    Column("dataset_id", String, ForeignKey("dataset.id", ondelete="RESTRICT")),
    Column("settings", JSON, nullable=False),
    Column("grid", JSON, nullable=False),
    Column("document_version", Integer, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("colour", Integer, nullable=False),
    Column("notes", Text, nullable=False, default=""),
    Column("archived", Boolean, nullable=False, default=False),
    Column("created", Float, nullable=False),
    Column("deleted", Float),
    # The metric experiments are compared by, and what follows from the runs; written with every run's change.
    Column("metric", String),
    Column("metric_label", String),
    Column("direction", String),
    Column("state", String, nullable=False),
    Column("started", Float),
    Column("ended", Float),
    Column("progress", Float, nullable=False, default=0.0),
    Column("seconds_left", Float),
    Column("best", Float),
    Column("best_epoch", Float),
    Column("last", Float),
    Index("ix_experiment_archived_created", "archived", "created"),
    Index("ix_experiment_archived_state_created", "archived", "state", "created"),
    Index("ix_experiment_archived_problem_type_created", "archived", "problem_type", "created"),
    Index("ix_experiment_dataset_id_created", "dataset_id", "created"),
    Index("ix_experiment_archived_name", "archived", "name"),
    Index("ix_experiment_archived_ended", "archived", "ended"),
    Index("ix_experiment_archived_best", "archived", "best"),
    Index("ix_experiment_archived_progress", "archived", "progress"),
)

experiment_tag = Table(
    "experiment_tag",
    metadata,
    Column("tag", String, primary_key=True),
    Column("experiment_id", String, ForeignKey("experiment.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_experiment_tag_experiment_id", "experiment_id"),
    sqlite_with_rowid=False,
)

run = Table(
    "run",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("experiment_id", String, ForeignKey("experiment.id", ondelete="CASCADE")),
    Column("number", Integer, nullable=False, default=0),
    Column("state", String, nullable=False),
    Column("fence", Integer, nullable=False, default=0),
    Column("attempt", Integer, nullable=False, default=0),
    Column("launches", Integer, nullable=False, default=0),
    Column("resume", Boolean, nullable=False, default=False),
    Column("position", Float, nullable=False),
    Column("queued_reason", String),
    Column("spec", JSON, nullable=False),
    Column("fold", String),
    Column("seed", Integer, nullable=False, default=-1),
    Column("grid", JSON, nullable=False, default=dict),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("ended", Float),
    # What the worker reported; written by the projector only.
    Column("reported", String),
    Column("epoch", Float, nullable=False, default=0.0),
    Column("epochs", Integer, nullable=False, default=0),
    Column("step", Integer, nullable=False, default=0),
    Column("update_number", Integer, nullable=False, default=0),
    Column("updates", Integer, nullable=False, default=0),
    Column("progress", Float, nullable=False, default=0.0),
    Column("seconds_left", Float),
    Column("phase", JSON(none_as_null=True)),
    Column("metrics", JSON, nullable=False, default=dict),
    Column("best", JSON, nullable=False, default=dict),
    Column("error", JSON(none_as_null=True)),
    Column("devices", JSON, nullable=False, default=list),
    Column("machine", JSON(none_as_null=True)),
    Column("environment", JSON, nullable=False, default=dict),
    Column("speed", JSON(none_as_null=True)),
    Column("timings", JSON(none_as_null=True)),
    Index("ix_run_experiment_id_number", "experiment_id", "number"),
    Index("ix_run_state_position", "state", "position"),
)

transition = Table(
    "transition",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("run_id", String, ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    Column("time", Float, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("old", String),
    Column("new", String, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_transition_run_id_key", "run_id", "key"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("run_id", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("offset", Integer, nullable=False),
    Column("n", Integer, nullable=False),
)

series = Table(
    "series",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("run_id", String, ForeignKey("run.id", ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),
    # The latest point, so that lists never read the points.
    Column("last_step", Integer),
    Column("last_value", Float),
    UniqueConstraint("run_id", "name"),
)

metric_point = Table(
    "metric_point",
    metadata,
    Column("series_key", Integer, ForeignKey("series.key", ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("value", Float),
    # NaN, Infinity or -Infinity where `value` is null.
    Column("flag", String),
    Column("epoch", Float),
    Column("time", Float, nullable=False),
    sqlite_with_rowid=False,
)

log_line = Table(
    "log_line",
    metadata,
    Column("run_id", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("time", Float, nullable=False),
    Column("level", String, nullable=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

insight = Table(
    "insight",
    metadata,
    Column("run_id", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("entry", JSON, nullable=False),
    sqlite_with_rowid=False,
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("run_id", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("epoch", Float, nullable=False),
    Column("is_best", Boolean, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    sqlite_with_rowid=False,
)

run_prediction = Table(
    "run_prediction",
    metadata,
    Column("run_id", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("split", String, primary_key=True),
    Column("summary", JSON, nullable=False),
    sqlite_with_rowid=False,
)

prediction = Table(
    "prediction",
    metadata,
    Column("id", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, nullable=False),
    Column("problem_type", String, nullable=False),
    Column("experiment_id", String, nullable=False),
    Column("experiment_name", String, nullable=False),
    Column("model_run_id", String, nullable=False),
    Column("dataset_id", String),
    Column("dataset_name", String),
    Column("table_name", String, nullable=False),
    Column("findings", JSON, nullable=False, default=list),
    Column("created", Float, nullable=False),
    Index("ix_prediction_created", "created"),
    Index("ix_prediction_model_run_id", "model_run_id"),
)

upload = Table(
    "upload",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("offset", Integer, nullable=False),
    Column("created", Float, nullable=False),
)

import_draft = Table(
    "import_draft",
    metadata,
    Column("id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("source", String, nullable=False),
    Column("source_path", String, nullable=False),
    Column("upload_id", String),
    Column("root_kind", String, nullable=False),
    Column("choices", JSON(none_as_null=True)),
    Column("error", JSON(none_as_null=True)),
    Column("created", Float, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", String, primary_key=True),
    Column("body_hash", String, nullable=False),
    Column("answer", String, nullable=False),
    Column("created", Float, nullable=False),
)

preference = Table(
    "preference",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", JSON, nullable=False),
)
