"""What the proofs of one message may cost: a stranger chooses how many there are."""

MAX_HEADERS = 1000

# dkimpy's checks take time by the square of a header's length, in octets.
MAX_HEADER_OCTETS = 4096
