"""Files that go with saved replies: kept until they are taken out, copied into the ticket that one is sent to."""
