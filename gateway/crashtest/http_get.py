"""A plain GET on loopback, without a thread: what a health check needs, and an export."""

import asyncio

ANSWER_WITHIN_S = 10.0


async def get(port: int, path: str, token: str | None = None) -> tuple[int, bytes]:
    """Return status and body; (0, b"") where nobody answers in HTTP."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                bearer = f"Authorization: Bearer {token}\r\n" if token else ""
                head = f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n{bearer}\r\n"
                writer.write(head.encode())
                answer = await reader.read(-1)  # HTTP/1.0: the end of the body is the end of all
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return 0, b""
    head_bytes, _, body = answer.partition(b"\r\n\r\n")
    words = head_bytes.split(maxsplit=2)
    return (int(words[1]) if len(words) > 1 and words[1].isdigit() else 0), body


async def get_status(port: int, path: str, token: str | None = None) -> int:
    """Return the status alone."""
    return (await get(port, path, token))[0]
