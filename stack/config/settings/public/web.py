"""The service web: MTA-STS policies, ACME challenges, settings for mail programs."""

from pydantic import BaseModel

from stack.config.types.text import PolicyMode, YesOrNo


class Web(BaseModel, use_attribute_docstrings=True):
    """Whether the web server runs, and what it says of TLS."""

    web: YesOrNo = False
    """Run the service web on HTTP_PORT and HTTPS_PORT (yes). It serves an MTA-STS
    policy and the settings of mail programs for each domain, and answers ACME
    challenges in place of the service certs. It is reachable from the internet, but
    sees no mail, account or key of the mail ports. After a change to yes, run `stack
    init` and then `docker compose up --detach --wait`; after a change to no, run
    `stack init` and then `docker compose rm --stop --force web`. See docs/web.md."""

    mta_sts: PolicyMode = "testing"
    """What the MTA-STS policy asks of other servers, with WEB=yes. testing: report when
    the connection is not encrypted for MAIL_HOSTNAME, and deliver. enforce: deliver
    only with a certificate that is valid for MAIL_HOSTNAME. none: no policy any more.
    Change it with `stack dns mta-sts`, which first checks what others see."""
