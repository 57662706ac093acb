"""What functions of the store work in: one transaction, committed when the work given to the store returns."""

from sqlalchemy import Connection

Tx = Connection
