"""What mail_auth uses of dkimpy-milter 1.2.3."""

import io
from typing import Any

import Milter

milterconfig: dict[str, Any]

class dkimMilter(Milter.Base):
    conf: dict[str, Any]
    fp: io.BytesIO | None
    mailfrom: str | None
    connectip: str
    AuthservID: str
    fdomain: str
    iequals: bytes | None
    selectorRSA: str
    privkeyRSA: str
    selectorEd25519: str
    privkeyEd25519: str

    def get_identities_sign(self) -> None: ...
    def sign_dkim(self, txt: bytes, /) -> None: ...
