"""`python -m payments.sandbox --port 9200 --webhook-url http://…/stripe/webhook/ --webhook-secret whsec_…`"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from payments.sandbox import refunds
from payments.sandbox.account import Account
from payments.sandbox.app import App
from payments.sandbox.receiver import Receiver
from payments.sandbox.server import Server
from payments.sandbox.store import Store
from payments.sandbox.webhooks import Webhooks


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m payments.sandbox", description="Stripe, for demo and tests."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, default=0, help="0 takes a free one; it is said on standard output"
    )
    parser.add_argument("--origin", help="where a browser finds this server, when that is not host and port")
    parser.add_argument("--webhook-url", help="where signed events are sent; none are without it")
    parser.add_argument("--webhook-secret", action="append", default=[], help="may be given several times")
    parser.add_argument("--make-secret", help="what the receiver checks Standard Webhooks signatures with")
    parser.add_argument(
        "--first-wait", type=float, default=1.0, help="seconds before a webhook's first retry"
    )
    parser.add_argument(
        "--refund-wait",
        type=float,
        default=20.0,
        help="seconds until a bank's later word on a refund by one of the cards for that; inf: when told",
    )
    parser.add_argument("--state", type=Path, help="file that keeps everything over a restart")
    parser.add_argument("--while-stdin", action="store_true", help="stop when standard input is closed")
    options = parser.parse_args()

    try:
        server = Server((options.host, options.port))
    except OSError as error:
        sys.exit(f"payments.sandbox: {options.host}:{options.port}: {error.strerror}")
    store = Store(options.state)
    webhooks = Webhooks(
        store, url=options.webhook_url, secrets=options.webhook_secret, first_wait=options.first_wait
    )
    origin = options.origin or f"http://{options.host}:{server.server_port}"
    account = Account(store, webhooks, origin, refund_seconds=options.refund_wait)
    server.app = App(account, Receiver(options.make_secret))

    def stop(*_: object) -> None:
        # Never from the serving thread itself: shutdown waits for it.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if options.while_stdin:

        def watch() -> None:
            # Not sys.stdin: its lock, held by a thread, would abort the interpreter's end.
            while os.read(0, 1024):
                pass
            stop()

        threading.Thread(target=watch, daemon=True).start()

    with store.lock:
        webhooks.resume_undelivered()
        refunds.resume(account)
    sys.stdout.write(f"{origin}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    store.close()


if __name__ == "__main__":
    main()
