from collections.abc import Callable

class Simple:
    canonicalize_body: Callable[[bytes], bytes]

class Relaxed:
    canonicalize_body: Callable[[bytes], bytes]

class CanonicalizationPolicy:
    @classmethod
    def from_c_value(cls, c: bytes | None) -> CanonicalizationPolicy: ...
    def canonicalize_body(self, body: bytes) -> bytes: ...
