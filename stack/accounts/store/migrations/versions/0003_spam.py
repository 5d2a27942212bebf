"""From which score, and from which senders, mail is spam to a user or to everybody."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NO_QUOTES = "{0} NOT LIKE '%\"%' AND {0} NOT LIKE '%\\%'"

VIEWS = (
    # Who is welcome or blocked for each user, in both forms: its own entries, and
    # those for everybody that it has none of its own for. Of @domain, the domain.
    """
    CREATE VIEW spam_verdicts (user_id, verdict, part, value) AS
    WITH forms (user_id, verdict, address, form) AS (
      SELECT user_id, verdict, address, address FROM spam_senders
      UNION ALL
      SELECT user_id, verdict, address, unicode_address FROM spam_senders
      WHERE unicode_address IS NOT NULL
    )
    SELECT users.id, verdict,
      CASE WHEN form LIKE '@%' THEN ':domain' ELSE ':all' END, ltrim(form, '@')
    FROM users JOIN forms ON forms.user_id = users.id
    OR forms.user_id IS NULL AND NOT EXISTS (
      SELECT 1 FROM spam_senders AS own
      WHERE own.user_id = users.id AND own.address = forms.address
    )
    """,
    # The Sieve script that Dovecot runs first for each user: what the user wishes is
    # found out here, what follows from it stands in spam-to-junk.sieve.
    """
    CREATE VIEW sieve_scripts (address, script) AS
    SELECT address,
      'require ["include", "variables"];'
      || 'global ["block", "welcome", "stars"];'
      || 'set "stars" "' || substr(
        '**************************************************',
        1, coalesce(spam_threshold, 0)
      ) || '";'
      || coalesce((
        SELECT group_concat(test, '') FROM (
          SELECT 'if address ' || part || ' :is "from" ["'
            || group_concat(value, '", "') || '"] { set "' || verdict || '" "yes"; }'
            AS test
          FROM spam_verdicts WHERE user_id = users.id GROUP BY verdict, part
        )
      ), '')
      || 'include :global "spam-to-junk";'
    FROM users
    """,
)


def upgrade() -> None:
    """Add a table, and to another the threshold."""
    # In place, for other tables refer to users.
    op.execute(
        "ALTER TABLE users ADD COLUMN spam_threshold INTEGER\n"
        "CONSTRAINT ck_users_spam_threshold CHECK (spam_threshold BETWEEN 1 AND 50)"
    )
    op.create_table(
        "spam_senders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE")),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("unicode_address", sa.String),
        sa.UniqueConstraint("user_id", "address"),
        sa.CheckConstraint("verdict IN ('block', 'welcome')", "verdict"),
        sa.CheckConstraint("lower(address) = address", "lower"),
        sa.CheckConstraint("address LIKE '%@_%'", "address"),
        sa.CheckConstraint(NO_QUOTES.format("address"), "quotes"),
        sa.CheckConstraint(NO_QUOTES.format("unicode_address"), "unicode_quotes"),
    )
    op.create_index(
        "uq_spam_senders_site",
        "spam_senders",
        ["address"],
        unique=True,
        sqlite_where=sa.text("user_id IS NULL"),
    )
    for view in VIEWS:
        # As it stands: a colon is Sieve's here, not the start of a parameter.
        op.get_bind().exec_driver_sql(view)
