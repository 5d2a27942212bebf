"""Mode s: signs what users send, and refuses what they may not send."""

import sqlite3
from collections import Counter
from functools import partial

import Milter

from mail_auth.dkim.canonicalization import split_message
from mail_auth.headers.folding import folded
from mail_auth.milter import log
from mail_auth.milter.base import RawBytesMilter
from mail_auth.milter.rate_limit import RateLimit
from mail_auth.milter.refusal import RefusalError, deferred, rejected
from mail_auth.signing import accounts, password_service, sender_checks
from mail_auth.signing.arc_seal import Key, NotSealableError, arc_set
from mail_auth.signing.key_tables import key_name_for
from mail_auth.signing.sevenbit.conversion import NotConvertibleError, converted

# Only Postfix's own bounces, and the postmaster's copies of them (double_bounce_sender
# in postconf(5)), come without a login.
_POSTFIX = {"", "double-bounce"}

# The name of Postfix's service for mail that Sieve scripts forward (master.cf).
_FORWARD = "forward"

# And of that on our own loopback, which what is forwarded to other servers passes.
_LEAVES = "srs"

# A header by which Postfix never converts the message: see main.cf, "What leaves as
# it is".
_AS_IT_IS = "X-As-It-Is"

# Where Postfix's own sessions come from; mail programs come through published ports.
_OURSELVES = "127.0.0.1"

_rate = RateLimit()


@Milter.header_leading_space
class Signer(RawBytesMilter):
    """Signs with both keys of the domain in From:, or refuses the message."""

    def connect(
        self,
        host: str,
        family: int,
        address: tuple[str, *tuple[int, ...]] | str | None,
    ) -> int:
        """
        Begin a session, or defer it while passwords can't be looked up.

        Postfix would reply 535, a wrong password, even when Dovecot reports that it
        can't look passwords up (xsasl_dovecot_server.c): there must be no login then.
        """
        super().connect(host, family, address)
        # Postfix itself, and what comes through its sockets, gives no password.
        self.by_password = isinstance(address, tuple) and address[0] != _OURSELVES
        try:
            self.newest = accounts.newest_password()
        except sqlite3.Error as error:
            return self._put_off(str(error))
        if self.by_password and (fault := password_service.fault()):
            return self._put_off(fault)
        return int(Milter.CONTINUE)

    def envfrom(self, sender: str, *parameters: str) -> int:
        """Begin a message without recipients, if the login is still valid."""
        self.recipients = 0
        super().envfrom(sender, *parameters)
        try:
            self._refuse_lost_login()
        except RefusalError as refusal:
            return self._refuse(refusal)
        return int(Milter.CONTINUE)

    def envrcpt(self, recipient: str, *parameters: str) -> int:
        """Count a recipient: Postfix asks only about those that it accepts."""
        self.recipients += 1
        return int(Milter.CONTINUE)

    def judge(self) -> None:
        """
        Check who sends, then have dkimpy-milter sign; raises RefusalError.

        What a user's Sieve script forwards is only counted. What leaves for another
        server afterwards, as what aliases forward, is only sealed.
        """
        message = self.fp.getvalue()
        if self.getsymval("{daemon_name}") == _LEAVES:
            self._seal(message)
            return
        self._refuse_lost_login()
        if login := self.getsymval("{auth_authen}"):
            forwards = self.getsymval("{daemon_name}") == _FORWARD
            if not forwards:
                whose = partial(accounts.owners, asked=self.conf["SenderLogins"])
                sender_checks.check_ownership(login, self.values, whose)
                message = self._fold(message)
                sender_checks.check_line_lengths(message)
            sender_checks.check_rate(
                login.lower(), self.recipients, self.conf["SendRateLimit"], _rate
            )
            if forwards:
                # Nothing proves this From:, and a signature would vouch for it.
                return
        elif self.mailfrom.strip("<>").partition("@")[0] not in _POSTFIX:
            raise rejected("Log in before you send")
        self.fdomain = sender_checks.signing_domain(self.values)
        self.get_identities_sign()
        self.sign_dkim(message)

    def _refuse_lost_login(self) -> None:
        """Refuse a login that was disabled, removed or given another password."""
        if login := self.getsymval("{auth_authen}") if self.by_password else None:
            sender_checks.check_login(
                login, partial(accounts.login_is_valid, newest=self.newest)
            )

    def _put_off(self, why: str) -> int:
        log.line(f"session put off, passwords can't be looked up: {why}")
        return int(Milter.TEMPFAIL)

    def get_identities_sign(self) -> None:
        """
        Choose the keys of the domain in From:, or of its nearest parent.

        dkimpy-milter's own method tries all patterns, and adds to a list that all
        messages share.
        """
        name = key_name_for(self.conf["SigningTable"], self.fdomain)
        if name is None:
            raise deferred(f"No DKIM key for {self.fdomain} yet")
        self.iequals = None
        self.fdomain, self.selectorRSA, self.privkeyRSA = self.conf["privateRSATable"][
            name
        ]
        _, self.selectorEd25519, self.privkeyEd25519 = self.conf["privateEd25519Table"][
            name
        ]

    def _seal(self, message: bytes) -> None:
        """Add an ARC set, if SealDomain is set and the message can have one."""
        if not (domain := self.conf["SealDomain"]):
            return
        name = self.conf["SigningTable"][domain]
        key = Key(*self.conf["privateRSATable"][name])
        server = self.conf["AuthservID"]
        try:
            headers = arc_set(message, server, key, self._covered())
        except NotSealableError as reason:
            self.log(f"not sealed: {reason}")
            return
        for header in headers:
            super().addheader(*header)
        self.log(f"ARC set added (s={key.selector} d={key.domain})")

    def sign_dkim(self, message: bytes) -> None:
        """
        Sign *message* as it is, and also as Postfix would convert it.

        Whether the next server takes 8-bit text turns out at delivery, and our
        signatures are to hold at either kind (RFC 6376, section 5.3).
        """
        try:
            self._sign_converted(message)
        except NotConvertibleError as reason:
            self.log(f"not to be converted to 7 bits: {reason}")
            super().addheader(_AS_IT_IS, "yes")
        # Signed last, so that its signatures are on top.
        self._sign(message)

    def _sign_converted(self, message: bytes) -> None:
        # The converted copy is freed before the message itself is signed.
        if (other := converted(message)) is not message:
            self._sign(other)

    def _sign(self, message: bytes) -> None:
        """Sign the headers that this very message has, and the absence of others."""
        configured = self.conf
        self.conf = {**configured, "SignHeaders": self._covered()}
        self.signatures = 0
        try:
            super().sign_dkim(message)
        finally:
            # A connection brings several messages.
            self.conf = configured
        if self.signatures != 2:
            raise deferred("The message could not be signed, the log says more")

    def addheader(self, name: str, value: str, index: int = 0) -> None:
        """Add a signature: nothing else is added by a signer."""
        super().addheader(name, value, index)
        self.signatures += 1

    def _fold(self, message: bytes) -> bytes:
        """Fold the headers that are too long, here and in Postfix's queue file."""
        seen: Counter[str] = Counter()
        fields = []
        for name, value in self.fields:
            seen[name.lower()] += 1
            label = name.encode("ascii", "replace") + b":"
            found = folded(label + value).removeprefix(label)
            if found != value:
                self.change(name, seen[name.lower()], found)
            fields.append((name, found))
        if fields == self.fields:
            return message
        self.fields = fields
        lines = [b"%s:%s\r\n" % (n.encode("ascii", "replace"), v) for n, v in fields]
        return b"".join([*lines, b"\r\n", split_message(message)[1]])

    def _covered(self) -> list[str]:
        """
        Return the names for h=, each as often as it is to be signed.

        A header named once in SignHeaders is signed as often as it occurs, a header
        named twice one time more: then none can be added (RFC 6376, section 8.15).
        """
        present = Counter(name.lower() for name, _ in self.fields)
        wanted = Counter(self.conf["SignHeaders"])
        return [
            name
            for name, times in wanted.items()
            for _ in range(present[name] + times - 1)
        ]
