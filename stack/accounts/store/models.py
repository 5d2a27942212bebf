"""
The tables that Postfix and Dovecot read.

Rules that must hold stand here, in the schema, so that they hold whoever writes.
Addresses are lower case, domains are A-labels; addresses.py makes them so.
"""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    MetaData,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Constraints have names, so that a migration can change them.
NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s",
}

ALIAS_TARGET = "target LIKE '%_@_%' OR (target LIKE '@_%' AND source LIKE '@_%')"
# What closes a string of Sieve (RFC 5228, section 2.4.2), or keeps it open.
NO_QUOTES = "{0} NOT LIKE '%\"%' AND {0} NOT LIKE '%\\%'"
ALIAS_DOMAIN = (
    "CASE WHEN source LIKE '%@%' THEN substr(source, instr(source, '@') + 1) END"
)


class Base(DeclarativeBase):
    """What the tables have in common."""

    metadata = MetaData(naming_convention=NAMES)


class Domain(Base):
    """A domain that we take mail for."""

    __tablename__ = "domains"
    __table_args__ = (CheckConstraint("lower(name) = name", "lower"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    # As clients with SMTPUTF8 write it (RFC 6531); nothing for a name in ASCII.
    unicode_name: Mapped[str | None] = mapped_column(unique=True, index=True)


class Host(Base):
    """The name of this server: mail for it is taken, too, but no mailbox is there."""

    __tablename__ = "host"
    __table_args__ = (CheckConstraint("id = 1", "one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    """A mailbox and the login to it."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("lower(address) = address", "lower"),
        CheckConstraint("address LIKE '%_@_%'", "address"),
        CheckConstraint("quota_bytes > 0", "quota"),
        CheckConstraint("spam_threshold BETWEEN 1 AND 50", "spam_threshold"),
        CheckConstraint("mailbox NOT LIKE '%/%'", "mailbox"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(unique=True)
    domain_id: Mapped[int] = mapped_column(ForeignKey(Domain.id), index=True)
    # Of the row in the file that only Dovecot's auth reads (password_hashes.py).
    password_id: Mapped[str] = mapped_column(unique=True)
    # Milliseconds since 1970, later than in any other row before. Whose session began
    # earlier has lost the right to go on.
    password_since: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger)
    enabled: Mapped[bool] = mapped_column(
        Boolean(create_constraint=True, name="enabled"), server_default=true()
    )
    # Whole points; nothing where SPAM_MARK_SCORE holds.
    spam_threshold: Mapped[int | None]
    # The folder in that of its domain; nothing if it is what stands before the @.
    mailbox: Mapped[str | None]


class FormerUser(Base):
    """An address whose user was removed. Its mail is kept on disk."""

    __tablename__ = "former_users"
    __table_args__ = (CheckConstraint("lower(address) = address", "lower"),)

    address: Mapped[str] = mapped_column(primary_key=True)
    mailbox: Mapped[str | None]
    removed_on: Mapped[date]


class RevokedPassword(Base):
    """
    A password that lets nobody in: its user is disabled, removed, or has another one.

    Written by triggers on the table of users. Dovecot's container ends the sessions
    that were opened by it. After a day it is forgotten.
    """

    __tablename__ = "revoked_passwords"

    password_id: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str]
    # Milliseconds since 1970.
    revoked_at: Mapped[int] = mapped_column(BigInteger)


class SendAs(Base):
    """A user may send from *address*, or with `@domain` from all of a domain."""

    __tablename__ = "send_as"
    __table_args__ = (
        UniqueConstraint("user_id", "address"),
        CheckConstraint("lower(address) = address", "lower"),
        CheckConstraint("address LIKE '%@_%'", "address"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Removed together with the user.
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(index=True)


class Alias(Base):
    """
    Mail to *source* goes to *target*, in as many rows as there are targets.

    A target `@domain` makes the source, then also `@domain`, an alias domain.
    """

    __tablename__ = "aliases"
    __table_args__ = (
        UniqueConstraint("source", "target"),
        CheckConstraint("lower(source) = source", "source_lower"),
        CheckConstraint("lower(target) = target", "target_lower"),
        CheckConstraint(ALIAS_TARGET, "target"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    target: Mapped[str]
    # Of the source, nothing for a bare name: Postfix asks whether a domain has aliases.
    domain: Mapped[str | None] = mapped_column(
        Computed(ALIAS_DOMAIN, persisted=True), index=True
    )


class SpamSender(Base):
    """
    Mail from *address*, or with `@domain` from all of a domain, is wanted or not.

    For one user, or if there is none for everybody. Dovecot puts both forms of the
    address into a Sieve script (the view sieve_scripts), so nothing in them may be
    more than a letter there.
    """

    __tablename__ = "spam_senders"
    __table_args__ = (
        UniqueConstraint("user_id", "address"),
        # To UNIQUE no two users that are NULL are the same.
        Index(
            "uq_spam_senders_site",
            "address",
            unique=True,
            sqlite_where=text("user_id IS NULL"),
        ),
        CheckConstraint("verdict IN ('block', 'welcome')", "verdict"),
        CheckConstraint("lower(address) = address", "lower"),
        CheckConstraint("address LIKE '%@_%'", "address"),
        CheckConstraint(NO_QUOTES.format("address"), "quotes"),
        CheckConstraint(NO_QUOTES.format("unicode_address"), "unicode_quotes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Removed together with the user.
    user_id: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    verdict: Mapped[str]
    address: Mapped[str]
    # As a From header with SMTPUTF8 has it (RFC 6532); nothing for one in ASCII.
    unicode_address: Mapped[str | None]
