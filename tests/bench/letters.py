"""The messages that are scanned for the figures: the same ones in each run."""

import textwrap
from email.message import EmailMessage
from random import Random

WORDS = """
the of and to in is that for it was on with as are be this have from or had by not but
what all were when we there can an your which their said if do will each about how up
out them then she many some so these would other into has more her two like him see
time could no make than first been its who now people my made over did down only way
find use may water long little very after words called just where most know get
through back much before go good new write our used me man too any day same right look
think also around another came come work three word must because does part even place
well such here take why things help put years different away again off went old number
great tell men say small every found still between name should home big give air line
set own under read last never us left end along while might next sound below saw
something thought both few those always looked show large often together asked house
world going want school important until form food keep children feet land side without
boy once animals life enough took sometimes four head above kind began almost live page
got earth need far hand high year mother light parts country father let night following
picture being study second eyes soon times story boys since white days ever paper hard
near sentence better best across during today others however sure means knew its try
told young miles sun ways thing whole hear example heard several change answer room sea
against top turned learn point city play toward five using himself usually invoice
meeting project schedule budget contract customer server update delivery order number
attached regards please review document
"""


def prose(chance: Random, octets: int) -> str:
    """Return sentences of about so many *octets*."""
    words = WORDS.split()
    sentences, length = [], 0
    while length < octets:
        chosen = chance.choices(words, k=chance.randint(6, 18))
        sentences.append(" ".join(chosen).capitalize() + ".")
        length += len(sentences[-1]) + 1
    return " ".join(sentences)


def paragraphs(chance: Random, octets: int) -> str:
    """Return a text of so many *octets*, in paragraphs of some lines."""
    text = ""
    while len(text) < octets:
        text += "\n".join(textwrap.wrap(prose(chance, 500), 72)) + "\n\n"
    return text[:octets] + "\n"


def blank(subject: str) -> EmailMessage:
    """Return the message of an ordinary program, without a text."""
    message = EmailMessage()
    message["From"] = "Carol Miller <carol@outside.test>"
    message["To"] = "alice@example.test"
    message["Subject"] = subject
    message["Date"] = "Tue, 24 Nov 2026 10:00:00 +0000"
    message["Message-ID"] = "<20261124100000.1@outside.test>"
    message["User-Agent"] = "Mozilla Thunderbird"
    return message


def plain(octets: int) -> bytes:
    """Return a message with a plain text that is so many *octets* in all."""
    message = blank("The schedule for next week")
    chance = Random(octets)  # noqa: S311 - the same in each run is the point
    message.set_content(paragraphs(chance, octets - 330))
    return message.as_bytes()


def html() -> bytes:
    """Return a newsletter of 33 kB: a text, and a table of forty rows in HTML."""
    chance = Random("html")  # noqa: S311
    message = blank("The schedule for next week")
    message.set_content(paragraphs(chance, 6000))
    rows = "\n".join(
        f'<tr><td style="padding:4px"><a href="https://www.outside.test/{number}">'
        f'{prose(chance, 60)}</a></td><td><img src="https://img.outside.test/{number}"'
        f' alt="x" width="10" height="10"></td><td>{prose(chance, 300)}</td></tr>'
        for number in range(40)
    )
    page = (
        "<html><head><style>td {{ color: #333 }}</style></head><body><table>{}</table>"
    )
    message.add_alternative(page.format(rows) + "</body></html>", subtype="html")
    return message.as_bytes()


LETTERS = {
    "1 kB": plain(1_000),
    "8 kB": plain(8_000),
    "80 kB": plain(80_000),
    "HTML": html(),
}
