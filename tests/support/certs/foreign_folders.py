"""Certificate folders of other programs."""

import json
from base64 import b64encode
from pathlib import Path

from tests.support.certs.authority import Issued, authority

ROOT = authority("Root")
MIDDLE = authority("Middle", ROOT)


def put(folder: Path, **texts: str) -> Path:
    """Write *texts* into *folder*, by their names with _ for the dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        stem, _, suffix = name.rpartition("_")
        (folder / f"{stem}.{suffix}").write_text(text)
    return folder


def certbot(root: Path, name: str, *issued: Issued) -> Path:
    """Keep *issued*, one renewal after the other, as certbot does."""
    archive, live = root / "archive" / name, root / "live" / name
    live.mkdir(parents=True)
    put(root / "live", README_txt="here is no certificate")
    for number, each in enumerate(issued, start=1):
        parts = {
            "privkey": each.key_pem,
            "cert": each.pem,
            "chain": MIDDLE.pem,
            "fullchain": each.pem + MIDDLE.pem,
        }
        for part, text in parts.items():
            put(archive, **{f"{part}{number}_pem": text})
            link = live / f"{part}.pem"
            link.unlink(missing_ok=True)
            link.symlink_to(f"../../archive/{name}/{part}{number}.pem")
    return root


def caddy(root: Path, name: str, issued: Issued) -> Path:
    """Keep *issued* as Caddy does."""
    authority_of = root / "caddy/certificates/acme-v02.api.letsencrypt.org-directory"
    home = authority_of / name.replace("*", "wildcard_")
    home.mkdir(parents=True)
    for suffix, text in {
        "crt": issued.pem + MIDDLE.pem,
        "key": issued.key_pem,
        "json": json.dumps({"sans": [name], "issuer_data": {}}),
    }.items():
        (home / f"{home.name}.{suffix}").write_text(text)
    return root


def encoded(text: str) -> str:
    """Return *text* in base64."""
    return b64encode(text.encode()).decode()


def traefik(path: Path, **resolvers: list[Issued]) -> Path:
    """Keep what *resolvers* obtained as Traefik 2 and 3 do."""
    kept = {
        name: {
            "Account": {"Email": "", "PrivateKey": encoded("secret")},
            "Certificates": [
                {
                    "domain": {"main": "main.example.org", "sans": ["…"]},
                    "certificate": encoded(each.pem + MIDDLE.pem),
                    "key": encoded(each.key_pem),
                    "Store": "default",
                }
                for each in issued
            ]
            or None,
        }
        for name, issued in resolvers.items()
    }
    path.write_text(json.dumps(kept))
    return path
