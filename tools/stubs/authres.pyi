"""What mail_auth uses of authres 1.2.0."""

class AuthResError(Exception): ...

class AuthenticationResultProperty:
    type: str
    name: str
    value: str

class NoneAuthenticationResult: ...

class AuthenticationResult:
    method: str
    result: str
    properties: list[AuthenticationResultProperty]

class AuthenticationResultsHeader:
    results: list[AuthenticationResult | NoneAuthenticationResult]

    @classmethod
    def parse_value(cls, string: str) -> AuthenticationResultsHeader: ...
