"""The body of a raw request: piece by piece, and never waited for without end."""

import asyncio
from collections.abc import AsyncIterator

from studio.errors import StudioError

STALL_SECONDS = 30.0


class TooSlowError(StudioError):
    """The sender has stopped sending."""

    code = "too_slow"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Nothing came for {seconds:.0f} seconds.", hint="Send it again from where it was.")


async def pieces(chunks: AsyncIterator[bytes], stall_seconds: float = STALL_SECONDS) -> AsyncIterator[bytes]:
    """The pieces of a body.

    Raises:
        TooSlowError: if the next one does not come in time.
        ClientDisconnect: if the sender has gone.
    """
    iterator = aiter(chunks)
    while True:
        try:
            async with asyncio.timeout(stall_seconds):
                piece = await anext(iterator)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise TooSlowError(stall_seconds) from None
        yield piece
