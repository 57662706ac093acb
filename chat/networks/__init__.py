"""From which networks an account's agents and programs may ask."""
