"""What the visitors of the load say: a help desk's sentences, each with a number of its own."""

import msgspec

_SENTENCES = (
    "Hello, my order has not arrived yet, could you look where it is? No. {}",
    "Thank you, that helps. When will the blue one be back in stock? ({})",
    "I would like to change the delivery address of order {}, is that possible?",
    "The invoice for {} shows the wrong name, can you send me a new one, please?",
    "Do you also ship to Greece, and how long does it usually take? Ref {}",
    "Καλημέρα, πότε θα έρθει η παραγγελία {};",
    "It says my card was refused, but the bank sees nothing wrong. Basket {}",
    "Great, that worked. One more question about the warranty of item {}.",
)


class Said(msgspec.Struct):
    """A visitor's message as it goes on the wire."""

    id: str
    text: str
    type: str = "message"


class Heard(msgspec.Struct):
    """What the generator reads of any frame that comes back; the rest is skipped."""

    type: str
    id: str = ""
    text: str | None = None
    held: bool | int = False
    code: str = ""


written = msgspec.json.Encoder().encode
read = msgspec.json.Decoder(Heard).decode


def sentence(number: int) -> str:
    """Return the ``number``th thing to say."""
    return _SENTENCES[number % len(_SENTENCES)].format(number)


def client_id(number: int, milliseconds: int) -> str:
    """Return a UUIDv7 (RFC 9562) for message ``number``, made ``milliseconds`` after 1970."""
    stamp = f"{milliseconds:012x}"
    return f"{stamp[:8]}-{stamp[8:]}-7{number & 0xFFF:03x}-8{number >> 12 & 0xFFF:03x}-{number:012x}"
