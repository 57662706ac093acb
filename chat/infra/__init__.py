"""What reaches outside, for all features: database, keys, ledger, bus, files, mail, logs, entering the audit log."""
