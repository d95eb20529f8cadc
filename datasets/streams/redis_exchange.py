"""Several commands in one write, and their answers: a pipeline with little of its own per command.

redis-py's pipeline takes 20 µs more for each (measured with groups of 16), a fifth of what appending a
segment takes: a timer for every answer, options, callbacks.
"""

import asyncio
import math
from collections.abc import Sequence

import hiredis
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

Command = tuple[str | bytes | int, ...]


async def exchange(redis: Redis, commands: Sequence[Command], *, timeout_s: float) -> list[bytes | Exception]:
    """Return each command's answer as it came, an error that is one command's own included.

    Raises RedisError, OSError or TimeoutError where not all answers came; then nobody knows what was done.
    """
    pool = redis.connection_pool
    connection = await pool.get_connection()  # type: ignore[no-untyped-call]  # redis-py's own
    try:
        async with asyncio.timeout(timeout_s):
            packed = map(hiredis.pack_command, commands)  # type: ignore[arg-type]  # its stub knows tuples of one
            await connection.send_packed_command(b"".join(packed))
            return [await _answer(connection) for _ in commands]
    except BaseException:
        # Answers that are still to come would be taken for those of the next commands.
        await connection.disconnect(nowait=True)
        raise
    finally:
        await pool.release(connection)


async def _answer(connection: AbstractConnection) -> bytes | Exception:
    try:
        answer: bytes = await connection.read_response(timeout=math.inf)
    except ResponseError as error:
        return error
    return answer
