"""What dkim-verify and Postfix tell the report-sender: datagrams for its tests."""

import json

from report_sender.configuration import Configuration

OURS = Configuration(
    "example.test", "mail.example.test", True, True, ["example.test", "second.test"]
)

_POLICY = {
    "domain": "sender.test",
    "p": "reject",
    "sp": None,
    "np": "none",
    "adkim": "r",
    "aspf": "s",
    "fo": "1:d",
    "testing": "n",
    "rua": ["mailto:r@sender.test"],
}
_MESSAGE = {
    "source": "192.0.2.9",
    "disposition": "quarantine",
    "aligned": ["spf"],
    "reasons": [["local_policy", "this server is set to mark"]],
    "header_from": "www.sender.test",
    "envelope_from": "",
    "dkim": [["sender.test", "s1", "pass"], ["b.test", "s2", "fail"]],
    "spf": ["mx.sender.test", "softfail"],
}

_FAILURE = {
    "c": 203,
    "s": "198.51.100.1",
    "n": "mx.far.test",
    "h": "mx.far.test",
    "r": "192.0.2.7",
    "f": "self-signed",
}


def message(policy: dict[str, object] | None = None, **changed: object) -> bytes:
    """Return a row about a message, with *policy* and others *changed*."""
    row = {**_MESSAGE, **changed, "policy": {**_POLICY, **(policy or {})}}
    return json.dumps(row).encode()


def session(*failures: dict[str, object], **changed: object) -> bytes:
    """Return a row about a session with these *failures*, and *changed*."""
    policy = {
        "policy-type": 2,
        "policy-string": ["version: STSv1", "mode: testing"],
        "mx-host": ["*.far.test"],
        "t": len(failures),
        "f": int(bool(failures)),
    }
    if failures:
        policy["failure-details"] = [{**_FAILURE, **each} for each in failures]
    row = {
        "dpv": "1",
        "d": "far.test",
        "pr": "v=TLSRPTv1; rua=mailto:t@far.test",
        "policies": [policy],
    }
    return json.dumps({**row, **changed}).encode()
