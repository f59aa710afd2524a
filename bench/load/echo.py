"""A process that gives each line back and does nothing else: the floor below any answer on this machine.

`python -m bench.load.echo`, with an event loop as the hall's processes have it.
"""

from __future__ import annotations

import asyncio
import sys


async def main() -> None:
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(main())
