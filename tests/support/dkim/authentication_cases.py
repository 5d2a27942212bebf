"""SPF, DKIM, DMARC and ARC are checked, and the results stand in one header."""

from tests.support.dkim.authentication import PASSED, Case

PLAIN = "plain.dkim.test"


def spf(result: str, domain: str, **more: object) -> Case:
    """A message whose sender is of *domain*, for one result of SPF."""
    said = (f"; spf={result} (", f") smtp.mailfrom=someone@{domain}")
    return Case(f"spf-{result}-{domain}", sender=domain, says=said, **more)


CASES = [
    spf("pass", "pass.spf.test"),
    spf("fail", "fail.spf.test"),
    spf("softfail", "softfail.spf.test"),
    spf("neutral", "neutral.spf.test"),
    spf("none", "nothing.spf.test"),
    spf("temperror", "asks-silent.spf.test"),
    spf("permerror", "broken.spf.test"),
    spf("permerror", "endless.spf.test"),
    spf("permerror", "void.spf.test"),
    Case(
        "spf-pass-helo",
        sender="",
        helo="pass.spf.test",
        says=("spf=pass (", "smtp.helo=pass.spf.test"),
    ),
    Case(
        "spf-pass-beyond-ascii",
        sender="bücher.spf.test",
        says=("spf=pass (", "smtp.mailfrom=xn--bcher-kva.spf.test"),
    ),
    Case("spf-none-helo", sender="", says=("spf=none (",)),
    Case("dkim-none", says=("; dkim=none (no signature)",)),
    Case(
        "dkim-pass",
        author=PLAIN,
        signers=(PLAIN,),
        says=("; dkim=pass (2048-bit rsa key) header.d=plain.dkim.test",),
    ),
    Case(
        "dkim-fail-body",
        signers=(PLAIN,),
        change=(b"tomorrow", b"next year"),
        says=("; dkim=fail (the body was changed)",),
    ),
    Case(
        "dkim-fail-header",
        signers=(PLAIN,),
        change=(b"To: bob", b"To: Bob"),
        says=("; dkim=fail (headers were changed",),
    ),
    Case(
        "dkim-temperror", signers=("lame.test",), says=("; dkim=temperror (the name",)
    ),
    Case(
        "dkim-permerror-no-key",
        signers=("pass.spf.test",),
        says=("; dkim=permerror (no key at this name)",),
    ),
    Case(
        "dkim-permerror-revoked",
        signers=(PLAIN,),
        change=(b"s=stranger", b"s=revoked"),
        says=("; dkim=permerror (the key was revoked)",),
    ),
    Case(
        "dkim-permerror-hash",
        signers=("old-hash.dkim.test",),
        says=("; dkim=permerror (the key does not allow this hash algorithm)",),
    ),
    Case(
        "dkim-pass-limits",
        author="many.dkim.test",
        signers=("many.dkim.test",),
        says=("; dkim=pass (2048-bit rsa key)", "dis=none from=proven"),
    ),
    Case(
        "dkim-policy-sha1",
        signers=(PLAIN,),
        change=(b"a=rsa-sha256", b"a=rsa-sha1"),
        says=("; dkim=policy (rsa-sha1",),
    ),
    Case(
        "dkim-neutral",
        change=(b"From:", b"DKIM-Signature: nonsense\nFrom:"),
        says=("; dkim=neutral (malformed signature)",),
    ),
    Case(
        "dmarc-none",
        says=("dmarc=none (p=absent dis=none from=unproven) header.from=nothing.spf",),
    ),
    Case(
        "dmarc-none-but-proven",
        author=PLAIN,
        signers=(PLAIN,),
        says=(
            "dmarc=none (p=absent dis=none from=proven) header.from=plain.dkim.test",
        ),
    ),
    Case(
        "dmarc-none-but-proven-by-spf",
        author="pass.spf.test",
        says=("dmarc=none (p=absent dis=none from=proven) header.from=pass.spf.test",),
    ),
    Case(
        "dmarc-pass-by-spf",
        author="spf.dmarc.test",
        says=("spf=pass", "dkim=none", "dmarc=pass (p=reject dis=none from=proven)"),
    ),
    Case(
        "dmarc-pass-by-spf-relaxed",
        author="spf.dmarc.test",
        sender="sub.spf.dmarc.test",
        says=("spf=pass", "dkim=none", "dmarc=pass (p=reject dis=none from=proven)"),
    ),
    Case(
        "dmarc-pass-by-dkim",
        author="reject.dmarc.test",
        sender="pass.spf.test",
        signers=("reject.dmarc.test",),
        says=("dmarc=pass (p=reject dis=none from=proven)",),
    ),
    Case(
        "dmarc-pass-relaxed",
        author="reject.dmarc.test",
        signers=("sub.reject.dmarc.test",),
        says=("dmarc=pass (p=reject dis=none from=proven)",),
    ),
    Case(
        "dmarc-pass-strict",
        author="strict.dmarc.test",
        signers=("strict.dmarc.test",),
        says=("dmarc=pass (p=reject dis=none from=proven)",),
    ),
    Case(
        "dmarc-fail",
        author="none.dmarc.test",
        says=("dmarc=fail (p=none dis=none from=unproven)",),
    ),
    Case(
        "dmarc-fail-unaligned",
        author="none.dmarc.test",
        sender="pass.spf.test",
        signers=(PLAIN,),
        says=("spf=pass", "dkim=pass", "dmarc=fail (p=none dis=none from=unproven)"),
    ),
    Case(
        "dmarc-quarantine",
        author="quarantine.dmarc.test",
        says=("dmarc=fail (p=quarantine dis=quarantine from=unproven)",),
    ),
    Case(
        "dmarc-t-reject",
        author="trial.dmarc.test",
        says=("dmarc=fail (p=reject dis=quarantine from=unproven)",),
    ),
    Case(
        "dmarc-t-quarantine",
        author="trial-quarantine.dmarc.test",
        says=("dmarc=fail (p=quarantine dis=none from=unproven)",),
    ),
    Case(
        "dmarc-sp",
        author="www.subs.dmarc.test",
        says=("dmarc=fail (p=quarantine dis=quarantine from=unproven)",),
    ),
    Case(
        "dmarc-psd-pass",
        author="one.suffix.test",
        signers=("one.suffix.test",),
        says=("dmarc=pass (p=reject dis=none from=proven)",),
    ),
    Case(
        "dmarc-psd-n",
        author="dept.big.test",
        signers=("big.test",),
        says=("dmarc=fail (p=quarantine dis=quarantine from=unproven)",),
    ),
    Case(
        "dmarc-p-missing",
        author="reports.dmarc.test",
        says=("dmarc=fail (p=none dis=none from=unproven)",),
    ),
    Case(
        "dmarc-two-records",
        author="double.dmarc.test",
        says=("dmarc=none (p=absent dis=none from=unproven)",),
    ),
    Case(
        "dmarc-permerror",
        author="broken.dmarc.test",
        says=("dmarc=permerror (p=absent dis=none from=unproven)",),
    ),
    Case(
        "dmarc-temperror",
        author="lame.test",
        sender="pass.spf.test",
        says=("dmarc=temperror (p=absent dis=none from=unproven)",),
    ),
    Case(
        "dmarc-no-author",
        change=(b"From:", b"X-From:"),
        says=("dmarc=permerror (p=absent dis=none from=unproven)",),
    ),
    Case(
        "dmarc-exempt",
        author="reject.dmarc.test",
        sender="list.test",
        says=("dmarc=fail (p=reject dis=none from=unproven override=exempt)",),
    ),
    Case(
        "dmarc-arc",
        author="reject.dmarc.test",
        sealers=(("sealer.test", PASSED),),
        says=(
            "dmarc=fail (p=reject dis=none from=unproven override=arc)",
            "; arc=pass (1 sealed, the last by sealer.test)",
        ),
    ),
    Case("arc-none", says=("; arc=none (no chain)",)),
    Case(
        "arc-pass-two",
        sealers=(("stranger.arc.test", PASSED), ("sealer.test", "arc=pass")),
        says=("; arc=pass (2 sealed, the last by sealer.test)",),
    ),
    Case(
        "arc-fail",
        sealers=(("sealer.test", PASSED),),
        change=(b"tomorrow", b"next year"),
        says=("; arc=fail (changed since the last set was added)",),
    ),
    Case(
        "arc-fail-no-key",
        sealers=(("pass.spf.test", PASSED),),
        says=("; arc=fail (no key at this name)",),
    ),
    Case(
        "arc-fail-key-for-another-service",
        sealers=(("web.dkim.test", PASSED),),
        says=("; arc=fail (the key is for another service than mail)",),
    ),
    Case(
        "arc-fail-silence",
        sealers=(("lame.test", PASSED),),
        says=("; arc=fail (the name servers did not answer)",),
    ),
]
