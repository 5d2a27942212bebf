"""Where certificates come from."""

from typing import Annotated

from pydantic import BaseModel

from stack.config.types.certificates import Challenge, Directory, Profile
from stack.config.types.names import Email
from stack.config.types.numbers import whole
from stack.config.types.text import Folder


class Certificates(BaseModel, use_attribute_docstrings=True):
    """How certificates are issued by ACME, or imported."""

    acme_directory: Directory = "https://acme-v02.api.letsencrypt.org/directory"
    """The authority that `stack cert issue` asks for certificates, by its ACME
    directory. Let's Encrypt unless changed. For one that this machine doesn't trust,
    put its own authority's certificate into var/acme/authorities.pem."""

    acme_email: Email = ""
    """Where the authority can write to you. Let's Encrypt needs none."""

    acme_challenge: Challenge = "standalone"
    """How the authority sees that a name is ours. standalone: the service certs
    answers on HTTP_PORT. webroot: another web server answers on port 80, with what is
    written into ACME_WEBROOT. dns-rfc2136: by dynamic update of a name server;
    dns-cloudflare, -digitalocean, -dnsimple, -dnsmadeeasy, -gehirn, -google, -linode,
    -luadns, -nsone, -ovh, -route53 or -sakuracloud: by the certbot plugin of that name,
    after `docker compose build certs`; each with var/acme/NAME.ini for its access.
    manual, for all other providers: by your own programs var/acme/hooks/auth and
    var/acme/hooks/cleanup."""

    acme_dns_propagation_seconds: Annotated[int, whole(0, 7200)] = 60
    """How many seconds your name servers may take to show a new record, before the
    authority looks. For ACME_CHALLENGE dns-…."""

    acme_webroot: Folder = ""
    """The folder of this machine that another web server shows to the world. For
    ACME_CHALLENGE webroot; it must serve /.well-known/acme-challenge/ from there."""

    acme_profile: Profile = ""
    """The kind of certificate to ask for, where the authority offers several: with
    Let's Encrypt, tlsserver or shortlived. Empty: its usual one."""

    import_folder: Folder = ""
    """A folder of this machine in which Traefik, Caddy or another certbot keeps a
    certificate for MAIL_HOSTNAME. `stack cert import` takes it from there, and the
    service certs follows when it is renewed."""
