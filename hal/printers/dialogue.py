"""Questions and answers on one open stream, whatever the printer's language."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from hal.transport.byte_stream import ByteStream, LinkLost, SendFailed

__all__ = ["Dialogue", "Lateness", "lone_byte"]

_XON_XOFF = b"\x11\x13"

T = TypeVar("T")


@dataclass(slots=True)
class Lateness:
    """Until when an answer may still come to a question that met silence; outlives a use of the link."""

    until_s: float = 0.0


class Dialogue:
    """One use of a link.  `flow_control` says that XON and XOFF are no answers (serial links); an answer is
    given up after `answer_s`."""

    def __init__(self, stream: ByteStream, flow_control: bool, answer_s: float, late: Lateness) -> None:
        self.stream = stream
        self._late = late
        self.answer_s = answer_s
        self._strip = _XON_XOFF if flow_control else b""

    async def ask(
        self,
        question: bytes,
        take: Callable[[bytes], T | None],
        deadline: float,
        within_s: float | None = None,
    ) -> T | None:
        """What `take` makes of the bytes after `question`, given piece by piece; None when nothing
        comes `within_s` (`answer_s`).

        What came before is thrown away: it answers no question of ours.  Raises LinkLost.
        """
        within_s = self.answer_s if within_s is None else within_s
        limit = min(deadline, asyncio.get_running_loop().time() + within_s)
        await self.discard()
        await self.tell(question, limit)
        return await self.hear(take, limit)

    async def ask_byte(self, question: bytes, deadline: float, within_s: float | None = None) -> int | None:
        """As `ask`, for one of several questions whose answers are one byte and look alike."""
        await self.pass_late(deadline, lambda _: None)
        value = await self.ask(question, lone_byte, deadline, within_s)
        if value is None:
            self.missed()
        return value

    def missed(self) -> None:
        """A question met silence: its answer may come when the next is asked."""
        self._late.until_s = asyncio.get_running_loop().time() + self.answer_s

    async def pass_late(self, deadline: float, heard: Callable[[bytes], object]) -> None:
        """Let what is late pass by, `heard` of it.  Raises LinkLost."""
        limit = min(self._late.until_s, deadline)
        while asyncio.get_running_loop().time() < limit:
            await self.hear(heard, limit)

    async def hear(self, take: Callable[[bytes], T | None], limit: float) -> T | None:
        """What `take` makes of the next bytes, None when nothing until `limit`.  Raises LinkLost."""
        try:
            while True:
                data = (await self.stream.read(limit)).translate(None, self._strip)
                answer = take(data) if data else None
                if answer is not None:
                    return answer
        except TimeoutError:
            return None

    async def tell(self, data: bytes, deadline: float) -> None:
        """Send what is no page.  Raises LinkLost, also when the printer takes no bytes."""
        try:
            await self.stream.write(data, deadline)
        except SendFailed as exc:
            raise LinkLost(str(exc)) from exc

    async def discard(self) -> None:
        """Throw away what has come.  Raises LinkLost."""
        try:
            while True:
                await self.stream.read(asyncio.get_running_loop().time())
        except TimeoutError:
            return


def lone_byte(data: bytes) -> int | None:
    """An answer of one byte; several at once are a late answer or noise, and nothing tells which."""
    return data[0] if len(data) == 1 else None
