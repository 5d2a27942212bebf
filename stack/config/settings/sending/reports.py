"""The reports that other domains get about mail."""

from pydantic import BaseModel

from stack.config.types.text import YesOrNo


class Reports(BaseModel, use_attribute_docstrings=True):
    """Which reports are sent, once a day, to domains that ask for them in their DNS."""

    dmarc_reports: YesOrNo = True
    """Tell the owners of domains which servers sent mail in their name to this one, and
    whether SPF and DKIM proved it (RFC 9990). Reports name domains and servers, and
    none of your users."""

    tls_reports: YesOrNo = True
    """Tell other domains how often mail to them could be encrypted, and what failed
    (RFC 8460). Reports name your server and theirs, and none of your users."""
