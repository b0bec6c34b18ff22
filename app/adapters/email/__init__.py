"""E-mail out: what a message looks like on the wire, the server that takes it, and the link that ends it."""
