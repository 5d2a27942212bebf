"""Senders' domains in Unicode: the same in any case and normal form."""

from alembic import op

revision = "0004"
down_revision = "0003"

VIEWS = (
    # As before, but what is not ASCII is compared letter by letter (RFC 5051): a From
    # header may have it in capitals, or decomposed.
    """
    CREATE VIEW spam_verdicts (user_id, verdict, part, value) AS
    WITH forms (user_id, verdict, address, form, compared) AS (
      SELECT user_id, verdict, address, address, '' FROM spam_senders
      UNION ALL
      SELECT user_id, verdict, address, unicode_address,
        ':comparator "i;unicode-casemap" '
      FROM spam_senders WHERE unicode_address IS NOT NULL
    )
    SELECT users.id, verdict,
      compared || CASE WHEN form LIKE '@%' THEN ':domain' ELSE ':all' END,
      ltrim(form, '@')
    FROM users JOIN forms ON forms.user_id = users.id
    OR forms.user_id IS NULL AND NOT EXISTS (
      SELECT 1 FROM spam_senders AS own
      WHERE own.user_id = users.id AND own.address = forms.address
    )
    """,
    """
    CREATE VIEW sieve_scripts (address, script) AS
    SELECT address,
      'require ["comparator-i;unicode-casemap", "include", "variables"];'
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
    """Make two views anew."""
    op.execute("DROP VIEW sieve_scripts")
    op.execute("DROP VIEW spam_verdicts")
    for view in VIEWS:
        # As it stands: a colon is Sieve's here, not the start of a parameter.
        op.get_bind().exec_driver_sql(view)
