"""What follows from an event, by subject: the handlers that the machine's table names. Short, and each one story."""
