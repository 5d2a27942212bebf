"""What mail_auth and `stack dns check` use of pyspf 2.0.14."""

MAX_VOID_LOOKUPS: int

class TempError(Exception): ...
class PermError(Exception): ...

class query:
    l: str
    o: str
    d: str
    lookups: int
    void_lookups: int

    def __init__(self, i: str, s: str, h: str) -> None: ...
    def check(self, spf: str | None = None) -> tuple[str, int, str]: ...
    def dns(
        self,
        name: str,
        qtype: str,
        cnames: dict[str, str] | None = None,
        ignore_void: bool = False,
        /,
    ) -> list[object]: ...
    def dns_spf(self, domain: str) -> str | None: ...
    def get_explanation(self, spec: str) -> str | None: ...
