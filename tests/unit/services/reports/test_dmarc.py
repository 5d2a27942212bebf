"""Which senders are ours."""

from stack.config.settings import Settings
from stack.services.reports import dmarc


def test_our_own_addresses_and_relays_given_by_address_are_ours():
    """A relay's name may stand for any address."""
    settings = Settings(
        mail_domain="example.org",
        mail_hostname="mail.example.org",
        public_ipv4="192.0.2.1",
        public_ipv6="2001:db8::1",
        relay_host="192.0.2.9:25",
        relay_tls="encrypt",
        relay_by_domain="a.example/smtp.example.net:587",
    )

    assert dmarc.own_addresses(settings) == {"192.0.2.1", "2001:db8::1", "192.0.2.9"}
