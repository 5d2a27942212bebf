"""The views that Postfix's queries share, under names that say what they hold."""

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"

# The former names stay: by them asks a container that runs on a configuration of the
# version before, until it has taken the new one.
NAMES = {
    "links": "alias_targets",
    "twins": "domain_aliases",
    "ours": "accepted_domains",
}


def upgrade() -> None:
    """Make each view once more under its new name."""
    connection = op.get_bind()
    definition = text(
        "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = :name"
    )
    for former, name in NAMES.items():
        sql = connection.execute(definition, {"name": former}).scalar_one()
        connection.exec_driver_sql(sql.replace(f"VIEW {former} ", f"VIEW {name} ", 1))
