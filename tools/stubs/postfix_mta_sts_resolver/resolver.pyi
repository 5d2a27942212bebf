import asyncio
import enum

class STSFetchResult(enum.Enum):
    NONE = 0
    VALID = 1
    FETCH_ERROR = 2
    NOT_CHANGED = 3

class STSResolver:
    def __init__(self, *, timeout: float, loop: asyncio.AbstractEventLoop) -> None: ...
    async def resolve(
        self, domain: str, last_known_id: str | None = None
    ) -> tuple[STSFetchResult, tuple[str, dict[str, object]] | None]: ...
