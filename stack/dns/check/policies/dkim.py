"""Checks that the key in the DNS is the one that we sign with (RFC 6376 §3.6.1)."""

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.check.policies import tags
from stack.dns.lookup.asker import Asker

REPLACE = "replace it by the record"


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """Compare the record of one selector with the key on the disk."""
    found = asker.ask(subject.name, "TXT")
    if not found.records:
        return subject.missing(
            "signatures by this key prove nothing: publish it", found
        )
    if len(found.records) > 1:
        return subject.wrong(
            found, "has several records, of which a verifier takes any: leave this one"
        )
    key, wanted = tags.read(found.texts[0]), tags.read(subject.wanted[0].value)
    problem = _problem(key, wanted or {})
    if problem:
        return subject.wrong(found, f"{problem}: {REPLACE}")
    if key and "y" in _list(key, "t", ""):
        return subject.warning(
            found, "t=y says that this is a test, and signatures may count for nothing"
        )
    return subject.ok(found)


def _problem(key: dict[str, str] | None, wanted: dict[str, str]) -> str:
    """Return why signatures by the *wanted* key fail with the record *key*."""
    if key is None or key.get("v", "DKIM1") != "DKIM1":
        return "is no DKIM record"
    if "p" not in key:
        return "has no key in it"
    if not key["p"]:
        return "says that the key is revoked"
    if key.get("k", "rsa") != wanted["k"]:
        return f"is a key for {key.get('k', 'rsa')} instead of {wanted['k']}"
    if "".join(key["p"].split()) != wanted["p"]:
        return "holds another key than the one that signs, so all signatures fail"
    if not {"*", "email"} & _list(key, "s", "*"):
        return "holds a key that is not for mail (s=)"
    if "sha256" not in _list(key, "h", "sha256"):
        return "doesn't allow SHA-256 (h=)"
    return ""


def _list(key: dict[str, str], tag: str, default: str) -> set[str]:
    return {each.strip() for each in key.get(tag, default).split(":")}


DKIM = Kind("DKIM", "TXT", check, begins="v=DKIM1")
