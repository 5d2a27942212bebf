"""SMTP replies that refuse a message."""

import re

# One line of a reply, with its codes, has 512 octets (RFC 5321, section 4.5.3.1.5).
_LONGEST = 400


class RefusalError(Exception):
    """An SMTP reply: code, enhanced code (RFC 3463) and a sentence."""

    def __init__(self, code: str, enhanced: str, sentence: str) -> None:
        super().__init__(f"{code} {enhanced} {sentence}")
        self.code = code
        self.enhanced = enhanced
        self.sentence = re.sub(r"[^ -~]", "?", sentence)[:_LONGEST]


def rejected(sentence: str, enhanced: str = "5.7.1") -> RefusalError:
    """Return a permanent refusal (550)."""
    return RefusalError("550", enhanced, sentence)


def deferred(sentence: str, enhanced: str = "4.7.1") -> RefusalError:
    """Return a temporary refusal (451): the client tries again later."""
    return RefusalError("451", enhanced, sentence)
