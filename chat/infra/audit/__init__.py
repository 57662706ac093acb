"""The audit log as every feature enters it; reading it is the feature `audit`."""
