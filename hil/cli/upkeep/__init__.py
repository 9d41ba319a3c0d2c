"""Commands of ``hil db`` that look after a database as a whole. May import `hil.store`."""
