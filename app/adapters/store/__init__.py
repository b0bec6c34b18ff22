"""Every SQL statement, by noun. A function takes the connection first; the caller's transaction is the unit of work.

Lock order, everywhere: lane, sender, contacts, messages, tasks, change counters. Nothing here decides.
"""
