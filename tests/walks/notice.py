"""A notice of the size that shops write, in every language, as the walks of weight and sight publish it."""

from chat.core.model import LOCALES
from tests.lethe import Account

NOTICE = {
    "en": (
        "We use what you write here, and the details you give above it, to answer your question and for nothing else. "
        "Only our own staff read it, and it lies encrypted on a server in Greece. "
        "We pass it on to nobody, and we do not look at which pages you visit. "
        "It is deleted a year after your last message, or at once when you choose “Withdraw and delete” in the menu. "
        "There you can also see what is kept, take a copy with you, or complain to the Data Protection Authority."
    ),
    "el": (
        "Χρησιμοποιούμε όσα γράφετε εδώ, και τα στοιχεία που δίνετε παραπάνω, για να απαντήσουμε στην "
        "ερώτησή σας και για τίποτε άλλο. Τα διαβάζουν μόνο οι συνεργάτες μας και φυλάσσονται "
        "κρυπτογραφημένα σε διακομιστή στην Ελλάδα. Δεν τα δίνουμε σε κανέναν και δεν παρακολουθούμε "
        "ποιες σελίδες επισκέπτεστε. Διαγράφονται έναν χρόνο μετά το τελευταίο σας μήνυμα, ή αμέσως "
        "όταν επιλέξετε «Ανάκληση και διαγραφή» στο μενού. Εκεί μπορείτε επίσης να δείτε τι "
        "διατηρείται, να πάρετε ένα αντίγραφο ή να προσφύγετε στην Αρχή Προστασίας Δεδομένων."
    ),
}
LABELS = {
    "en": ("I agree that my messages and details are stored to answer me.", "They may also teach the spam filter."),
    "el": (
        "Συμφωνώ να αποθηκευτούν τα μηνύματα και τα στοιχεία μου για να μου απαντήσετε.",
        "Μπορούν και να εκπαιδεύσουν το φίλτρο ανεπιθύμητων.",
    ),
}


def publish(account: Account, **more: str) -> None:
    """Publishes it, with `more` at the end of a language's text."""
    texts = [
        {
            "locale": locale,
            "text": NOTICE.get(locale, NOTICE["en"]) + more.get(locale, ""),
            "privacy_url": "https://shop.example/privacy",
            "chat_label": LABELS.get(locale, LABELS["en"])[0],
            "training_label": LABELS.get(locale, LABELS["en"])[1],
        }
        for locale in LOCALES
    ]
    account.version = int(account.rest("POST", "/notices", {"texts": texts})["version"])
