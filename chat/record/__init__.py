"""The record of processing."""
