"""Signatures that leave out the author, which dkimpy makes only if it is deceived."""


class ToForFrom(bytes):
    """The name To, which dkimpy takes for From: it would sign nothing without."""

    __hash__ = bytes.__hash__

    def __eq__(self, other: object) -> bool:
        return other in {b"from", b"to"}

    def lower(self) -> bytes:
        """Return itself, as it is lower already."""
        return self
