"""The second migration: users, sign-in tokens, web sessions, saved views."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the statements of the file beside this one."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # The driver must not look for placeholders: format()'s %I is PostgreSQL's.
    op.get_bind().exec_driver_sql(statements, execution_options={"no_parameters": True})
