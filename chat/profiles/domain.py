"""Which contacts somebody asks for."""

from __future__ import annotations

from dataclasses import dataclass

from chat.core.folding import SearchTerms


@dataclass(frozen=True, slots=True)
class ContactQuery:
    """
    Which contacts: with a whole `email` or id at the shop, with words in what they gave, with a `tag` on a ticket that
    is seen, of a `site` (an id). In the order in which they came, or the last first.
    """

    email: str | None = None
    external_id: str | None = None
    terms: SearchTerms | None = None
    tag: str | None = None
    site: str | None = None
    newest: bool = False

    @property
    def is_everybody(self) -> bool:
        """Whether nobody is left out."""
        return self.terms is None and not (self.email or self.external_id or self.tag or self.site)
