"""
Lethe: live chat that begins with consent and can really forget.

A folder is a feature, in one order, and imports point down: `__main__`, `app` and `worker` start things; below all
features are `web`, which HTTP and sockets share, `infra`, which reaches outside, and `core`, without any I/O.
"""

__version__ = "0.1.0"
