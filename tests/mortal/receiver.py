"""A process that takes webhooks as fast as it can and counts them: `python -m tests.mortal.receiver SECRET`.

It prints its address. `GET /` answers JSON: `requests`; `times` (event id → when it first came, by the
machine's clock); `doubled` (ids that came more than once); `unsigned` (requests whose signature or id is not
right); `twins` (contents that came under more than one id).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nAccepted"


class Counted:
    def __init__(self, secret: str) -> None:
        self.webhook = Webhook(secret)
        self.times: dict[str, float] = {}
        self.seen: Counter[str] = Counter()
        self.ids_of: dict[str, set[str]] = {}
        self.unsigned = 0

    def take(self, headers: dict[str, str], body: bytes) -> None:
        came = time.time()
        event = json.loads(body)
        event_id = event["event_id"]
        try:
            self.webhook.verify(body, headers)
        except WebhookVerificationError:
            self.unsigned += 1
        if headers.get("webhook-id") != event_id:
            self.unsigned += 1
        self.seen[event_id] += 1
        self.times.setdefault(event_id, came)
        content = json.dumps(event["payload"], sort_keys=True)
        self.ids_of.setdefault(content, set()).add(event_id)

    def report(self) -> dict[str, Any]:
        return {
            "requests": self.seen.total(),
            "times": self.times,
            "doubled": [event_id for event_id, times in self.seen.items() if times > 1],
            "unsigned": self.unsigned,
            "twins": sum(len(ids) > 1 for ids in self.ids_of.values()),
        }


async def serve(secret: str) -> None:
    counted = Counted(secret)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (h.partition(":") for h in head)}
                if head[0].startswith("GET"):
                    report = json.dumps(counted.report()).encode()
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(report) + report)
                else:
                    counted.take(headers, await reader.readexactly(int(headers["content-length"])))
                    writer.write(ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()  # the sender is gone, or was killed in the middle of a word

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
