"""The tags of an account: which there are, and changing one wherever it is."""
