"""The names of the server, and its addresses on the internet."""

from pydantic import BaseModel, field_validator

from stack.config.types.names import Name
from stack.config.types.networks import IPv4, IPv6

# A file name has at most 255 bytes, and the certificate's adds 13 to the host.
LONGEST_HOST = 242


class Names(BaseModel, use_attribute_docstrings=True):
    """The domain, the host name and the public addresses."""

    mail_domain: Name
    """The first domain that this server takes mail for: the part after the @ of its
    addresses. `stack domain add` adds more domains."""

    mail_hostname: Name
    """The name of this server. MX records point to it; its certificate and the reverse
    DNS of its address must have the same name."""

    public_ipv4: IPv4 | None = None
    """The IPv4 address by which others reach this server. `stack dns show` prints it as
    the A record. A client that claims this address in EHLO is refused."""

    public_ipv6: IPv6 | None = None
    """The IPv6 address by which others reach this server, once the mail ports listen on
    IPv6. `stack dns show` prints it as the AAAA record. A client that claims this
    address in EHLO is refused."""

    @field_validator("mail_hostname")
    @classmethod
    def _fit_for_a_file(cls, name: str) -> str:
        # While the certificate is written, its file is called .NAME.rsa.pem.new.
        if len(name) > LONGEST_HOST:
            raise ValueError(
                f"must have at most {LONGEST_HOST} characters: its certificate's file"
                " bears this name"
            )
        return name
