"""Pure parts that everything may use: no database, no network, no files but those that ship."""
