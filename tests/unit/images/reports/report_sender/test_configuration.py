"""What `stack` renders for the report-sender, and what it refuses."""

import pytest
from report_sender.configuration import FILE, Configuration, load

from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from tests.support.places import CONFIG

SERVED = Served(("mail.example.org.pem",), ())

TEXT = 'domain = "a.test"\nserver = "mx.a.test"\ndmarc = true\ntls = false\n'
TEXT += 'domains = ["a.test"]\n'


def _loaded(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    return load(tmp_path)


@pytest.mark.parametrize("dmarc", ["yes", "no"])
@pytest.mark.parametrize("tls", ["yes", "no"])
def test_both_settings_reach_all_that_takes_part(settings, tmp_path, dmarc, tls):
    """Who is not to tell is not asked, and what is off is not sent."""
    names = settings.model_dump(include={"mail_domain", "mail_hostname"})
    chosen = Settings(**names, dmarc_reports=dmarc, tls_reports=tls)
    found = render(CONFIG, chosen, [], SERVED)

    ours = _loaded(tmp_path, found[f"report-sender/{FILE}"])

    assert ours == Configuration(
        settings.mail_domain,
        settings.mail_hostname,
        dmarc == "yes",
        tls == "yes",
        [],
    )
    assert ours.kinds == tuple(
        kind for kind, sent in (("dmarc", dmarc), ("tls", tls)) if sent == "yes"
    )
    verifier = found["dkim-verify/dkimpy-milter.conf"]
    assert ("\nReportSocket unix:/run/dmarc-results/socket\n" in verifier) is ours.dmarc
    postfix = found["postfix/main.cf"]
    assert ("\nsmtp_tlsrpt_enable = yes\n" in postfix) is ours.tls


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("domain = ", "Invalid value"),
        (TEXT.replace("tls = false\n", ""), "tls must be a bool"),
        (TEXT.replace("true", '"yes"'), "dmarc must be a bool"),
        (f"{TEXT}more = 1\n", "'more' is not a setting"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, reason):
    """With its file; the last good configuration goes on."""
    with pytest.raises(ValueError, match=reason) as refused:
        _loaded(tmp_path, text)

    assert FILE in str(refused.value)
