"""The rules, and nothing else: no await, no clock, no session, no log.

Read `machine.py` first; it is the table everything else serves.
"""
