"""Passkeys: what a device keeps so that its person is known without a secret that could be typed elsewhere."""
