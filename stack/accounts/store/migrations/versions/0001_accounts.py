"""Domains, users and aliases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first three tables."""
    op.create_table(
        "domains",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.CheckConstraint("lower(name) = name", "lower"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("address", sa.String, nullable=False, unique=True),
        sa.Column(
            "domain_id",
            sa.Integer,
            sa.ForeignKey("domains.id"),
            nullable=False,
            index=True,
        ),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("quota_bytes", sa.BigInteger),
        sa.Column(
            "enabled",
            sa.Boolean(create_constraint=True, name="enabled"),
            nullable=False,
            server_default=sa.true(),
        ),
        sa.CheckConstraint("lower(address) = address", "lower"),
        sa.CheckConstraint("address LIKE '%_@_%'", "address"),
        sa.CheckConstraint("password_hash LIKE '{%}%'", "scheme"),
        sa.CheckConstraint("quota_bytes > 0", "quota"),
    )
    op.create_table(
        "aliases",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.UniqueConstraint("source", "target"),
        sa.CheckConstraint("lower(source) = source", "source_lower"),
        sa.CheckConstraint("lower(target) = target", "target_lower"),
        sa.CheckConstraint("target LIKE '%_@_%'", "target"),
    )
