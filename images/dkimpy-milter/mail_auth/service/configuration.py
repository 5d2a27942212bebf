"""Loads a whole configuration for dkimpy-milter, or says what is wrong with it."""

import re
from pathlib import Path

from dkimpy_milter.config import defaultConfigData
from milter_runtime.config_file import ConfigError, options, rows

from mail_auth.dkim.private_keys import read_ed25519, read_rsa
from mail_auth.signing import accounts, key_tables
from mail_auth.verifying.dmarc.enforcement import Enforcement

_BOTH = {"Mode", "Socket", "debugLevel"}
_SIGNER = {
    "AuthservID",
    "Canonicalization",
    "KeyTable",
    "KeyTableEd25519",
    "SealDomain",
    "SenderLogins",
    "SendRateLimit",
    "SignHeaders",
    "SigningTable",
}
_VERIFIER = {
    "AuthservID",
    "DMARCPolicy",
    "DNSTimeout",
    "MinimumKeyBits",
    "ReportSocket",
    "TrustedForwarders",
    "TrustedSealers",
}
_NUMBERS = {"DNSTimeout", "MinimumKeyBits", "debugLevel"}
_SERVER = "[A-Za-z0-9.-]+"
# From 4 on, dkimpy-milter prints its configuration, private keys and all.
_LOUDEST = 3

Conf = dict[str, object]


class _Options:
    """The options of one file, each checked when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found = options(path, frozenset(_BOTH | _SIGNER | _VERIFIER))

    def error(self, name: str, problem: str) -> ConfigError:
        line = self.found[name][1] if name in self.found else None
        return ConfigError(self.path, line, problem)

    def text(self, name: str, pattern: str) -> str:
        if name not in self.found:
            raise self.error(name, f"{name} is not set")
        if not re.fullmatch(pattern, self.found[name][0]):
            raise self.error(name, f"{name} can't be {self.found[name][0]}")
        return self.found[name][0]

    def file(self, name: str) -> Path:
        """Return the path of a table: beside this file, as a candidate has its own."""
        return (
            self.path.parent
            / self.text(name, "(file|refile|sqlite):.+").split(":", 1)[1]
        )

    def place(self, name: str) -> Path | None:
        """Return the path of a socket of another service; None if it is missing."""
        if name not in self.found:
            return None
        return Path(self.text(name, "unix:/.+").removeprefix("unix:"))

    def domains(self, name: str) -> frozenset[str]:
        """Return the domains of a list with commas, which may be missing."""
        if name not in self.found:
            return frozenset()
        return frozenset(self.text(name, r"[a-z0-9.-]+(,[a-z0-9.-]+)*").split(","))

    def only(self, names: set[str], mode: str) -> None:
        for name in self.found.keys() - names:
            raise self.error(name, f"{name} has no place in Mode {mode}")


def load(path: Path) -> Conf:
    """
    Return the configuration in *path*, a dkimpy-milter.conf(5), as the milter holds it.

    File names in it are relative to its own folder.

    Raises:
        ConfigError: Something is missing, unknown, unreadable or contradictory.
    """
    given = _Options(path)
    # Mode sv would sign whatever claims to be ours, also from strangers.
    mode = given.text("Mode", "[sv]")
    conf: Conf = {**defaultConfigData, "Syslog": True, "SyslogSuccess": True}
    conf |= {"Mode": mode, "Socket": given.text("Socket", r"inet6?:\d+@\S+")}
    conf |= _signer(given) if mode == "s" else _verifier(given)
    for name in _NUMBERS & given.found.keys():
        conf[name] = int(given.text(name, r"\d{1,5}"))
    if int(str(conf["debugLevel"])) > _LOUDEST:
        raise given.error("debugLevel", f"debugLevel over {_LOUDEST} would log keys")
    return conf


def _verifier(given: _Options) -> Conf:
    given.only(_BOTH | _VERIFIER, "v, which holds no key and signs nothing")
    return {
        "AuthservID": given.text("AuthservID", _SERVER),
        "Enforcement": Enforcement(
            given.text("DMARCPolicy", "off|mark|refuse"),
            given.domains("TrustedForwarders"),
            given.domains("TrustedSealers"),
        ),
        "ReportSocket": given.place("ReportSocket"),
    }


def _signer(given: _Options) -> Conf:
    given.only(_BOTH | _SIGNER, "s, which verifies nothing")
    rsa_file, ed_file = given.file("KeyTable"), given.file("KeyTableEd25519")
    rsa = key_tables.key_table(rsa_file, read_rsa)
    ed25519 = key_tables.key_table(ed_file, read_ed25519)
    key_tables.check_pairs(rsa_file, rsa, ed_file, ed25519)
    signing_table = key_tables.signing_table(given.file("SigningTable"), rsa)
    return {
        **_seal(given, signing_table),
        "Canonicalization": given.text("Canonicalization", "relaxed/relaxed"),
        "SenderLogins": accounts.owner_query(given.file("SenderLogins")),
        "SendRateLimit": int(given.text("SendRateLimit", r"\d{1,5}")),
        "SignHeaders": _sign_headers(given.file("SignHeaders")),
        "SigningTable": signing_table,
        "privateRSATable": {name: list(row[1:]) for name, row in rsa.items()},
        "privateEd25519Table": {name: list(row[1:]) for name, row in ed25519.items()},
    }


def _seal(given: _Options, signing_table: dict[str, str]) -> Conf:
    """Return who seals forwarded mail; without SealDomain none is sealed."""
    if "SealDomain" not in given.found:
        return {"AuthservID": "", "SealDomain": ""}
    domain = given.text("SealDomain", "[a-z0-9.-]+")
    if domain not in signing_table:
        raise given.error("SealDomain", f"no row *@{domain} in SigningTable")
    server = given.text("AuthservID", _SERVER)
    return {"AuthservID": server, "SealDomain": domain}


def _sign_headers(path: Path) -> list[str]:
    names = []
    for line, words in rows(path):
        if len(words) != 1 or not re.fullmatch("[A-Za-z0-9-]+", words[0]):
            raise ConfigError(path, line, "expected the name of one header")
        names.append(words[0].lower())
    if "from" not in names:
        raise ConfigError(path, None, "From is missing (RFC 6376, section 5.4)")
    return names
