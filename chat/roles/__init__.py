"""Roles: which rights each has, and what an owner changed of them."""
