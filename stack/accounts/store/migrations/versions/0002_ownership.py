"""What users may send as, alias domains, and domain names as people write them."""

import idna
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# What Postfix's queries have in common (config/postfix/*.sqlite).
VIEWS = (
    # Which address, @domain or bare name leads to whom: neither alias domains, nor to
    # users who are disabled, where mail would only wait, nor to itself what is no user
    # (who would keep a copy). The names that every domain must have (RFC 2142) lead to
    # the first user, unless an alias is written for them.
    """
    CREATE VIEW links (source, target) AS
    SELECT source, target FROM aliases WHERE target NOT LIKE '@%'
    AND NOT EXISTS (SELECT 1 FROM users WHERE address = target AND NOT enabled)
    AND (source != target OR source IN (SELECT address FROM users))
    UNION ALL
    SELECT column1, (SELECT address FROM users WHERE enabled ORDER BY id LIMIT 1)
    FROM (VALUES ('postmaster'), ('abuse'))
    WHERE EXISTS (SELECT 1 FROM users WHERE enabled) AND NOT EXISTS (
      SELECT 1 FROM aliases WHERE source = column1
      AND NOT EXISTS (SELECT 1 FROM users WHERE address = target AND NOT enabled)
    )
    """,
    # Domains that stand for another: alias domains, and domains as people write them.
    """
    CREATE VIEW twins (domain, other) AS
    SELECT domain, substr(target, 2) FROM aliases WHERE target LIKE '@%'
    UNION ALL
    SELECT unicode_name, name FROM domains WHERE unicode_name IS NOT NULL
    """,
    # All domains that mail is taken for, also those below one that have aliases only.
    """
    CREATE VIEW ours (name) AS
    SELECT name FROM domains
    UNION ALL
    SELECT unicode_name FROM domains WHERE unicode_name IS NOT NULL
    UNION ALL
    SELECT aliases.domain FROM aliases
    WHERE EXISTS (SELECT 1 FROM domains WHERE aliases.domain LIKE '%.' || domains.name)
    """,
)


def upgrade() -> None:
    """Add a table, and to two others what alias domains and RFC 6531 need."""
    op.create_table(
        "send_as",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "user_id",
            sa.Integer,
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("address", sa.String, nullable=False, index=True),
        sa.UniqueConstraint("user_id", "address"),
        sa.CheckConstraint("lower(address) = address", "lower"),
        sa.CheckConstraint("address LIKE '%@_%'", "address"),
    )
    _aliases()
    _domains()
    for view in VIEWS:
        op.execute(view)


def _aliases() -> None:
    # Made anew under another name, as SQLite changes neither a check nor adds a
    # stored column. No other table refers to this one.
    op.rename_table("aliases", "old_aliases")
    op.create_table(
        "aliases",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column(
            "domain",
            sa.String,
            sa.Computed(
                "CASE WHEN source LIKE '%@%'"
                " THEN substr(source, instr(source, '@') + 1) END",
                persisted=True,
            ),
            index=True,
        ),
        sa.UniqueConstraint("source", "target"),
        sa.CheckConstraint("lower(source) = source", "source_lower"),
        sa.CheckConstraint("lower(target) = target", "target_lower"),
        sa.CheckConstraint(
            "target LIKE '%_@_%' OR (target LIKE '@_%' AND source LIKE '@_%')",
            "target",
        ),
    )
    op.execute(
        "INSERT INTO aliases (id, source, target)"
        " SELECT id, source, target FROM old_aliases"
    )
    op.drop_table("old_aliases")


def _domains() -> None:
    # Users refer to the table, so it stays, and the column is added in place.
    op.add_column("domains", sa.Column("unicode_name", sa.String))
    op.create_index("ix_domains_unicode_name", "domains", ["unicode_name"], unique=True)
    domains = sa.table("domains", sa.column("name"), sa.column("unicode_name"))
    connection = op.get_bind()
    for name in connection.scalars(sa.select(domains.c.name)).all():
        if (written := _written(name)) != name:
            row = sa.update(domains).where(domains.c.name == name)
            connection.execute(row.values(unicode_name=written))


def _written(name: str) -> str:
    try:
        return idna.decode(name)
    except idna.IDNAError:
        return name
