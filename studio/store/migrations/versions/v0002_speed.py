"""How a run computes, and where its time goes"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("speed", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("run", sa.Column("timings", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("run", "timings")
    op.drop_column("run", "speed")
