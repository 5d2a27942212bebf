"""What the server is called, and where it is found."""

from pydantic import BaseModel, field_validator

from stack.config.types.names import Name
from stack.config.types.networks import IPv4, IPv6

# A file's name has 255 characters at most.
LONGEST_HOST = 242


class Names(BaseModel, use_attribute_docstrings=True):
    """The server's names and public addresses."""

    mail_domain: Name
    """The first domain we take mail for: what follows the @ in an address.
    More are added with `stack domain add`."""

    mail_hostname: Name
    """This server's own name: what MX records point to, what the certificate and
    the reverse DNS of its address must say."""

    public_ipv4: IPv4 | None = None
    """The IPv4 address that others reach this server by: the A record in `stack dns
    show`. Who claims this address in EHLO is refused."""

    public_ipv6: IPv6 | None = None
    """The IPv6 address that others reach this server by: the AAAA record in `stack
    dns show`, once the mail ports listen on IPv6. Who claims this address in EHLO is
    refused."""

    @field_validator("mail_hostname")
    @classmethod
    def _fit_for_a_file(cls, name: str) -> str:
        # That of its certificate, while it is written: .NAME.rsa.pem.new.
        if len(name) > LONGEST_HOST:
            raise ValueError(
                f"must have at most {LONGEST_HOST} characters, as a file is named for"
                " it"
            )
        return name
