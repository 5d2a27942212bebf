"""Numbers, in the one form that Compose and `stack` read alike."""

import re
from typing import Annotated

from pydantic import BeforeValidator


def whole(least: int, most: int) -> BeforeValidator:
    """Accept whole numbers from *least* to *most*."""

    def check(value: object) -> int:
        if re.fullmatch(r"0|[1-9][0-9]{0,9}", str(value)):
            number = int(str(value))
            if least <= number <= most:
                return number
        raise ValueError(f"must be a whole number from {least} to {most}")

    return BeforeValidator(check)


def _score(value: object) -> float:
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", str(value)):
        raise ValueError("must be a number like 5.0")
    return float(str(value))


def _rsa_bits(value: object) -> int:
    if str(value) not in {"2048", "4096"}:
        raise ValueError("must be 2048 or 4096")
    return int(str(value))


Port = Annotated[int, whole(0, 65535)]
Score = Annotated[float, BeforeValidator(_score)]
RsaBits = Annotated[int, BeforeValidator(_rsa_bits)]
