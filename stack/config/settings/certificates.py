"""Where certificates come from."""

from typing import Annotated

from pydantic import BaseModel

from stack.config.types.certificates import Challenge, Directory, Profile
from stack.config.types.names import Email
from stack.config.types.numbers import whole
from stack.config.types.text import Folder


class Certificates(BaseModel, use_attribute_docstrings=True):
    """How certificates are issued (ACME, RFC 8555) or imported."""

    acme_directory: Directory = "https://acme-v02.api.letsencrypt.org/directory"
    """The ACME directory of the certificate authority that `stack cert issue` asks. The
    default is Let's Encrypt. If this machine does not trust the TLS certificate of the
    directory itself, put the root certificate for it into var/acme/authorities.pem."""

    acme_email: Email = ""
    """The address at which the certificate authority can write to you. Let's Encrypt
    needs none."""

    acme_challenge: Challenge = "standalone"
    """How you prove to the authority that a name is yours. standalone: the service
    certs answers on HTTP_PORT, or with WEB=yes the service web. webroot: another web
    server on port 80 serves the files that are written into ACME_WEBROOT. dns-rfc2136:
    by dynamic update of a name server. dns-cloudflare, -digitalocean, -dnsimple,
    -dnsmadeeasy, -gehirn, -google, -linode, -luadns, -nsone, -ovh, -route53 or
    -sakuracloud: by the certbot plugin of that name, after `docker compose build
    certs`. Each dns-… reads its credentials from var/acme/NAME.ini. manual, for all
    other providers: by your own programs var/acme/hooks/auth and
    var/acme/hooks/cleanup."""

    acme_dns_propagation_seconds: Annotated[int, whole(0, 7200)] = 60
    """How many seconds to wait until your name servers show a new record; then the
    authority looks. For ACME_CHALLENGE dns-…."""

    acme_webroot: Folder = ""
    """The document root of another web server on this machine, for ACME_CHALLENGE
    webroot. That server must serve /.well-known/acme-challenge/ from this folder."""

    acme_profile: Profile = ""
    """The certificate profile to ask for, if the authority offers several. Let's
    Encrypt has tlsserver and shortlived. Empty: the authority's default."""

    import_folder: Folder = ""
    """A folder of this machine in which Traefik, Caddy or another certbot keeps a
    certificate for MAIL_HOSTNAME. `stack cert import` imports the certificate from this
    folder; from then on the service certs imports each renewal."""
