"""Judging, labelling, retraining: what an account does with `spam`."""
