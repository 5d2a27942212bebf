"""The directory of an ACME authority, and invalid answers."""

import io
from http.client import BadStatusLine, IncompleteRead
from urllib.error import HTTPError, URLError

import pytest

from stack.renewal.acme import directory
from stack.renewal.acme.directory import Directory
from stack.system.errors import StackError
from tests.support.renewal.certbot_lab import ROOT, URL

FULL = """{
  "newOrder": "https://ca.test/order",
  "meta": {"termsOfService": "https://ca.test/terms", "caaIdentities": ["ca.test"]}
}"""


@pytest.fixture
def ask(monkeypatch, tmp_path):
    """Ask an authority that answers with a text, or with an error."""
    trusted = tmp_path / "authorities.pem"
    trusted.write_text(ROOT.pem)

    def call(answer: str | Exception) -> Directory:
        def urlopen(url, **options):
            assert (url, options["timeout"]) == (URL, directory.TIMEOUT)
            if isinstance(answer, Exception):
                raise answer
            return io.BytesIO(answer.encode())

        monkeypatch.setattr(directory, "urlopen", urlopen)
        return directory.read(URL, trusted)

    return call


def test_terms_and_caa_names_are_read(ask):
    """Those that CAA records hold."""
    assert ask(FULL) == Directory("https://ca.test/terms", ("ca.test",))


@pytest.mark.parametrize(
    "answer",
    ["{}", "[]", '{"meta": 1}', '{"meta": {"caaIdentities": "x"}}', '{"meta": null}'],
)
def test_missing_fields_are_empty(ask, answer):
    """Pebble has no names, and others no terms."""
    assert ask(answer) == Directory("", ())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (URLError(ConnectionRefusedError(111, "Connection refused")), "refused"),
        (HTTPError(URL, 404, "Not Found", {}, None), "Not Found"),  # type: ignore[arg-type]
        (TimeoutError("timed out"), "timed out"),
        (BadStatusLine("220 mail.example.org ESMTP"), "220 mail"),
        (IncompleteRead(b"{"), "1 bytes read"),
        ("<html>", "Expecting value"),
        ("", "Expecting value"),
    ],
)
def test_unreachable_authority_names_the_setting(ask, answer, words):
    """Any other server may answer there, a mail server for example."""
    with pytest.raises(StackError, match=words) as caught:
        ask(answer)

    assert f"the authority {URL} gives no answer" in str(caught.value)
    assert "see ACME_DIRECTORY in .env" in str(caught.value)


def test_large_answer_is_cut_off(ask):
    """It would fill the memory, and is no directory."""
    with pytest.raises(StackError, match="gives no answer"):
        ask('{"x": "' + "x" * directory.LARGEST + '"}')


@pytest.mark.parametrize(
    ("text", "words"), [(None, "No such file"), ("nothing", "no certificate")]
)
def test_invalid_root_file_is_reported(monkeypatch, tmp_path, text, words):
    """The file of the operator, for example; nobody is asked without one."""
    monkeypatch.setattr(directory, "urlopen", lambda *_, **__: pytest.fail("asked"))
    trusted = tmp_path / "authorities.pem"
    if text:
        trusted.write_text(text)

    with pytest.raises(StackError, match=rf"gives no answer \(.*{words}"):
        directory.read(URL, trusted)
