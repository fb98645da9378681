"""Stripe for a machine without Stripe: the demo's and the tests' card network, as a process of its own.

It speaks Stripe's HTTP for the calls that we make: same paths, same form encoding, same objects and errors,
same signatures on its webhooks; and it serves a stand-in for Stripe.js. Nothing of the product knows about
it: the gateway has a base address, the page a script address. No card is charged, no card number is kept.

Beside Stripe it has two things of its own: `/_control/…`, by which a test makes the network misbehave, and
`/recepteur/…`, a place where the demo's outgoing webhooks can be received and read.
"""
