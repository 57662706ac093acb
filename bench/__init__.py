"""Measures of Lethe beside yardsticks: what a message and a connection cost."""
