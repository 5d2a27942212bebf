"""Mode v: says in Authentication-Results what the signatures of a message are worth."""

import Milter

from dkim_launcher.dnskeys import KeyFinder
from dkim_launcher.milter import TrueBytesMilter
from dkim_launcher.signatures import verdicts
from dkim_launcher.verdict import authentication_results

_HEADER = "Authentication-Results"


class Verifier(TrueBytesMilter):
    """Adds an Authentication-Results to every message: readers can rely on it."""

    def judge(self) -> None:
        """Check the signatures and write down the verdicts."""
        keys = KeyFinder(self.conf["DNSTimeout"], self.conf["MinimumKeyBits"])
        found = verdicts(self.fp.getvalue(), keys)
        for verdict in found:
            self.log(str(verdict))
        self._remove_forged()
        self.addheader(_HEADER, authentication_results(self.AuthservID, found))

    def _remove_forged(self) -> None:
        """Remove what claims to be ours (RFC 8601, section 5), should any get here."""
        ours = self.AuthservID.lower().encode()
        values = self.values(_HEADER.lower())
        # From the last: a removal renumbers those after it.
        for number, value in reversed(list(enumerate(values, 1))):
            if ours in value.lower():
                self.chgheader(_HEADER, number, "")


Verifier = Milter.enable_protocols(Verifier, Milter.P_HDR_LEADSPC)  # type: ignore[misc]
