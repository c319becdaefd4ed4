"""`python -m tests.fakes.stripe`: a Stripe for the browser, until the end of input.

With `--webhook http://localhost:8000/webhooks/stripe/` it tells that address of every
event at once. It sells Pro monthly and yearly, as a fresh installation does. A line
`days 31` on standard input lets that many days pass.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time

from tests.fakes.stripe.prices import sell
from tests.fakes.stripe.server import FakeStripe


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a fake Stripe on loopback.")
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--webhook", default="", help="the address to tell of events")
    options = parser.parse_args()
    with FakeStripe(port=options.port) as stripe:
        sell(stripe)
        sys.stdout.write(
            f"STRIPE_API_BASE={stripe.url} STRIPE_SECRET_KEY={stripe.key} "
            f"STRIPE_WEBHOOK_SECRET={stripe.secret}\n"
        )
        sys.stdout.flush()
        if options.webhook:
            keep_telling = threading.Thread(
                target=_tell, args=(stripe, options.webhook), daemon=True
            )
            keep_telling.start()
        for line in sys.stdin:
            word, _, number = line.strip().partition(" ")
            if word == "days":
                stripe.advance(days=float(number))


def _tell(stripe: FakeStripe, url: str) -> None:
    while True:
        if stripe.undelivered():
            stripe.deliver(url)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
