"""Hashes of passwords in a file of their own, and mailboxes that outlive their user."""

import secrets
from pathlib import Path

import sqlalchemy as sa
from alembic import context, op

from stack.accounts.store import password_hashes

revision = "0005"
down_revision = "0004"

ZERO = sa.text("0")

# Whoever writes, and however soon after the change before: a session may have begun in
# between.
TRIGGERS = [
    f"""
    CREATE TRIGGER {name} AFTER {event} BEGIN
      INSERT OR REPLACE INTO revoked_passwords VALUES (
        old.password_id, old.address,
        CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
      );
      DELETE FROM revoked_passwords
      WHERE revoked_at < (julianday('now') - 2440588.5) * 86400000;
    END
    """  # noqa: S608  # our own words
    for name, event in {
        "user_removed": "DELETE ON users",
        "user_disabled": (
            "UPDATE OF enabled ON users WHEN old.enabled AND NOT new.enabled"
        ),
        "password_changed": (
            "UPDATE OF password_id ON users WHEN old.password_id != new.password_id"
        ),
    }.items()
]


def upgrade() -> None:
    """Move the hashes, then make the table of users anew without them."""
    rows = op.get_bind().execute(sa.text("SELECT id, password_hash FROM users")).all()
    ids = {user: secrets.token_hex(16) for user, _ in rows}
    # First, and for good: if this is cut off later, the accounts still hold them all.
    file: Path = context.config.attributes["passwords"]
    password_hashes.make(file)
    password_hashes.put(file, {ids[user]: hashed for user, hashed in rows})
    _users(ids)
    op.create_table(
        "former_users",
        sa.Column("address", sa.String, primary_key=True),
        sa.Column("mailbox", sa.String),
        sa.Column("removed_on", sa.Date, nullable=False),
        sa.CheckConstraint("lower(address) = address", "lower"),
    )
    op.create_table(
        "host",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.CheckConstraint("id = 1", "one"),
    )
    op.create_table(
        "revoked_passwords",
        sa.Column("password_id", sa.String, primary_key=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("revoked_at", sa.BigInteger, nullable=False),
    )
    for trigger in TRIGGERS:
        op.get_bind().exec_driver_sql(trigger)


def _users(ids: dict[int, str]) -> None:
    # SQLite takes no column away that a check names. What refers to the table does so
    # by its name, and goes on to.
    op.create_table(
        "new_users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("domain_id", sa.Integer, nullable=False),
        sa.Column("password_id", sa.String, nullable=False),
        sa.Column("password_since", sa.BigInteger, nullable=False, server_default=ZERO),
        sa.Column("quota_bytes", sa.BigInteger),
        sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("spam_threshold", sa.Integer),
        sa.Column("mailbox", sa.String),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("address", name="uq_users_address"),
        sa.UniqueConstraint("password_id", name="uq_users_password_id"),
        sa.ForeignKeyConstraint(
            ["domain_id"], ["domains.id"], name="fk_users_domain_id"
        ),
        *(
            sa.CheckConstraint(rule, name=op.f(f"ck_users_{name}"))
            for name, rule in {
                "lower": "lower(address) = address",
                "address": "address LIKE '%_@_%'",
                "quota": "quota_bytes > 0",
                "enabled": "enabled IN (0, 1)",
                "spam_threshold": "spam_threshold BETWEEN 1 AND 50",
                "mailbox": "mailbox NOT LIKE '%/%'",
            }.items()
        ),
    )
    op.execute(
        "INSERT INTO new_users (id, address, domain_id, password_id, quota_bytes,"
        " enabled, spam_threshold) SELECT id, address, domain_id, id, quota_bytes,"
        " enabled, spam_threshold FROM users"
    )
    named = sa.text("UPDATE new_users SET password_id = :name WHERE id = :user")
    if ids:
        given = [{"user": user, "name": name} for user, name in ids.items()]
        op.get_bind().execute(named, given)
    op.drop_table("users")
    op.execute("PRAGMA legacy_alter_table = ON")
    op.rename_table("new_users", "users")
    op.execute("PRAGMA legacy_alter_table = OFF")
    op.create_index("ix_users_domain_id", "users", ["domain_id"])
