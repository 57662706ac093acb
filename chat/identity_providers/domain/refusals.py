"""Why nobody is signed in through a provider, each a word with one clear line."""

from __future__ import annotations

from chat.core.errors import Unauthorized

WHY = {
    "unreached": "The provider did not answer as it should; try again in a moment",
    "metadata": "What the provider says of itself does not fit how it was set up; tell an owner of your account",
    "state": "This sign-in began in another browser, took too long, or was used already; begin again",
    "denied": "The provider did not sign you in",
    "code": "The provider did not take the code that it gave; begin again",
    "signature": "The provider's answer is not signed by a key of its own; tell an owner of your account",
    "issuer": "The answer is from another provider; tell an owner of your account",
    "audience": "The provider's answer is for another service; tell an owner of your account",
    "nonce": "The provider's answer is to another sign-in; begin again",
    "time": "The provider's answer is of another time: one of the two clocks is wrong; tell an owner of your account",
    "claims": "The provider's answer lacks what it must say; tell an owner of your account",
    "unverified": "The provider does not say that your address is verified",
    "domain": "Your address is not of a domain that signs in through this provider",
    "nobody": "Nobody in this account signs in with your address; ask one of its admins to invite you",
    "taken": "Your address cannot be added to this account; ask one of its admins",
    "linked": "Somebody else of the provider signs in as this agent; an owner of your account can part the two",
    "deactivated": "This agent is deactivated; ask an admin of your account",
    "suspended": "This provider is suspended until an owner of the account saves it again",
    "stale": "The provider did not ask again who you are",
    "other": "The provider named somebody else than who is signed in",
}


class ProviderSignInRefused(Unauthorized):
    """Nobody is signed in through a provider. `why` in `extra` is one of the words in WHY."""

    def __init__(self, why: str) -> None:
        super().__init__(WHY[why], why=why)

    @property
    def why(self) -> str:
        """The word for it."""
        return str(self.extra["why"])
