"""The words of the pages, where the doors look for them."""

from chat.locales import Words, filled, strings, words

__all__ = ["Words", "filled", "strings", "words"]
