"""CVE-2021-21333 (Synapse): HTML put into a mail. Here mail is plain text, and no word of a person is in its head."""

import pytest

from chat.letters import actions as letters
from tests.chance import dice
from tests.inside import House
from tests.post import Post, mailed

pytestmark = pytest.mark.anyio
HOSTILE = (
    '<a href="https://evil.example">Acme</a>',
    "<script>1</script>",
    "{{7*7}}",
    "x\r\nBcc: b@evil.example\r\n\r\n<h1>",
)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_transcript_by_mail_is_plain_text_with_a_head_of_our_own(house: House, post: Post) -> None:
    by, services = dice("hostile mail"), mailed(house.services, post.port)
    for _ in range(4):
        name, text = by.choice(HOSTILE), by.choice(HOSTILE)
        guest = await house.visit(" ".join(name.split()), "zoe@visitor.example")
        await guest.say(text)
        await letters.queue_transcript(services, guest.contact, "zoe@visitor.example")
        await letters.sweep(services)
        mail = post.mails[-1]
        assert (mail.get_content_type(), mail.is_multipart()) == ("text/plain", False)
        heads = "".join(f"{key}: {value}\n" for key, value in mail.items())
        assert mail["bcc"] is None
        assert not [each for each in ("evil", "<a", "{{", "script") if each in heads], heads
        assert text.split()[0] in mail.get_content(), "the control: the words themselves are there, as they are"
