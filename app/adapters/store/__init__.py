"""Every SQL statement, by noun. A function takes the connection first; the caller's `engine.begin()` is the unit of work.

Lock order, everywhere: lane, sender, contacts by id, messages, tasks, change counters. Nothing here decides.
"""
