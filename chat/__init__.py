"""
Lethe: live chat that begins with consent and can really forget.

A folder is a floor and imports point down: `__main__`, `app` and `worker` start things; `web` holds the doors;
`actions` what people and the clock may do; `store`, `bus` and the package `spam` keep and carry; the rest are words
without any I/O.
"""

__version__ = "0.1.0"
