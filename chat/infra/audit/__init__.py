"""The audit log as every feature enters it. Reading it is the feature `audit`."""
