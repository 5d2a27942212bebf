"""
What domains publish about their mail: one for each verdict that there is.

A domain is named for what it says. Where SPF passes or fails, it does so for any
client: the tests' clients have no address of their own.
"""

_SPF = {
    "pass": "v=spf1 +all",
    "fail": "v=spf1 -all",
    "softfail": "v=spf1 ~all",
    "neutral": "v=spf1 ?all",
    "xn--bcher-kva": "v=spf1 +all",
    "asks-silent": "v=spf1 a:x.lame.test -all",
    "broken": "v=spf1 nonsense -all",
    "endless": "v=spf1 include:endless.spf.test -all",
    "void": "v=spf1 a:v1.test a:v2.test a:v3.test +all",
}

# The same for domains that are named for something else.
_SPF_OF_OTHERS = {
    "reject.dmarc.test": "v=spf1 -all",
    "spf.dmarc.test": "v=spf1 +all",
    "sub.spf.dmarc.test": "v=spf1 +all",
    "sub.strict.dmarc.test": "v=spf1 +all",
    "list.test": "v=spf1 +all",
}

_DMARC = {
    "none.dmarc.test": "p=none",
    "quarantine.dmarc.test": "p=quarantine",
    "reject.dmarc.test": "p=reject",
    "spf.dmarc.test": "p=reject",
    "strict.dmarc.test": "p=reject; adkim=s; aspf=s",
    "trial.dmarc.test": "p=reject; t=y",
    "trial-quarantine.dmarc.test": "p=quarantine; t=y",
    "subs.dmarc.test": "p=none; sp=quarantine; np=reject",
    "web.dkim.test": "p=reject",
    "reports.dmarc.test": "rua=mailto:r@reports.dmarc.test",
    "broken.dmarc.test": "p=nonsense",
    "suffix.test": "p=reject; psd=y",
    "dept.big.test": "p=quarantine; psd=n",
    "big.test": "p=reject",
}

# Domains that sign with the world's key, or seal.
_SIGNERS = (
    *("none.dmarc.test", "quarantine.dmarc.test", "reject.dmarc.test"),
    *("sub.reject.dmarc.test", "strict.dmarc.test", "sub.strict.dmarc.test"),
    *("plain.dkim.test", "one.suffix.test", "two.suffix.test", "big.test"),
    *("sealer.test", "stranger.arc.test", "list.test"),
)

# Domains that sign with that key, too, and let it be used for something else.
_LIMITS = {
    "old-hash.dkim.test": "h=sha1",
    "web.dkim.test": "s=web",
    "many.dkim.test": "h=sha1:sha256; s=web:email; t=s; x=y",
}

# Domains that do nothing but exist, so that mail may come from them.
_HOSTS = ("nothing.spf.test", "www.subs.dmarc.test", "double.dmarc.test")


def records(selector: str, key: str) -> list[str]:
    """
    Return lines for the name server.

    Args:
        selector: Where the signing domains publish their key.
        key: Its record, as quoted strings.
    """
    spf = {f"{name}.spf.test": record for name, record in _SPF.items()}
    spf |= _SPF_OF_OTHERS
    rest = key.replace("v=DKIM1; ", "")
    hosts = {*spf, *_DMARC, *_SIGNERS, *_LIMITS, *_HOSTS}
    return [
        *(f"{name}. A 192.0.2.66" for name in sorted(hosts)),
        *(f'{name}. TXT "{record}"' for name, record in spf.items()),
        *(f'_dmarc.{name}. TXT "v=DMARC1; {tags}"' for name, tags in _DMARC.items()),
        *(
            f'_dmarc.double.dmarc.test. TXT "v=DMARC1; p={p}"'
            for p in ("none", "reject")
        ),
        *(f"{selector}._domainkey.{name}. TXT {key}" for name in _SIGNERS),
        *(
            f'{selector}._domainkey.{name}. TXT "v=DKIM1; {limits}; " {rest}'
            for name, limits in _LIMITS.items()
        ),
        'revoked._domainkey.plain.dkim.test. TXT "v=DKIM1; p="',
    ]
