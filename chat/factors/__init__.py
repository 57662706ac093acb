"""Second factors: codes from an app, recovery codes, and showing again who one is."""
