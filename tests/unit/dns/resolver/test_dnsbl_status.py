"""The status of block lists, by their test points and through Postfix's resolver."""

import socket
from types import SimpleNamespace

import pytest

from stack.dns.resolver import dnsbl_status
from stack.dns.resolver.dnsbl_status import (
    ANSWERS,
    LISTS_ALL,
    NOT_ASKED,
    REFUSES,
    SILENT,
)
from stack.system import endpoints

TEST_POINT, NOBODY = "2.0.0.127.list.test.", "1.0.0.127.list.test."


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ({TEST_POINT: ["127.0.0.2", "127.0.0.4"]}, ANSWERS),
        ({TEST_POINT: ["127.255.255.254"], NOBODY: ["127.255.255.254"]}, REFUSES),
        ({TEST_POINT: ["127.0.0.2", "127.255.255.255"]}, REFUSES),
        ({}, SILENT),
        ({TEST_POINT: ["127.0.0.2"], NOBODY: ["127.0.0.2"]}, LISTS_ALL),
    ],
)
def test_status_follows_the_test_points(records, words):
    """127.0.0.2 is on every list, 127.0.0.1 on none, and 127.255.255.x is a refusal."""
    assert dnsbl_status.status("list.test", lambda name: records.get(name, [])) == words


def postfix(status: str, output: bytes) -> SimpleNamespace:
    """Return Postfix's container, in which every command prints *output*."""
    labels = {endpoints.SERVICE: "postfix"}
    return SimpleNamespace(labels=labels, status=status, exec_run=lambda _: (0, output))


def test_on_the_host_the_query_runs_in_postfix(monkeypatch, tmp_path):
    """It uses the resolver that Postfix uses."""
    printed = b"127.255.255.254 STREAM 2.0.0.127.list.test\n127.255.255.254 DGRAM\n"
    dovecot = SimpleNamespace(labels={endpoints.SERVICE: "dovecot"}, status="running")
    found = [dovecot, postfix("running", printed)]
    monkeypatch.setattr(endpoints, "containers", lambda _: found)

    assert dnsbl_status.statuses(tmp_path, ["list.test"]) == [("list.test", REFUSES)]


def test_without_postfix_no_list_is_asked(monkeypatch, tmp_path):
    """The lists are not to blame."""
    monkeypatch.setattr(endpoints, "containers", lambda _: [postfix("exited", b"")])

    assert dnsbl_status.statuses(tmp_path, ["list.test"]) == [("list.test", NOT_ASKED)]


def test_in_a_container_its_resolver_is_used(monkeypatch, tmp_path):
    """There is no Docker, and a name that isn't found is an answer."""

    def look_up(name, *_):
        if name != TEST_POINT:
            raise socket.gaierror(-2, "Name or service not known")
        return [(0, 0, 0, "", ("127.0.0.2", 0))]

    monkeypatch.setattr(endpoints, "containers", lambda _: None)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    found = dnsbl_status.statuses(tmp_path, ["list.test", "gone.test"])

    assert found == [("list.test", ANSWERS), ("gone.test", SILENT)]
