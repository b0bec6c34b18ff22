"""The simulator: the real rules over a moved clock, without a database.

How to think of it. `machine.decide` and `gate.may_send` are pure, so a worker is only what stands around them: rows,
a queue of due things, a sender's pace. Here the rows are plain objects in memory (`rows`), the queue is a heap and
the clock is the time of its next entry (`engine`). Whatever else happens in the world comes from outside as events
at their times: from files a person wrote (`scripts`), or from a town of made-up people (`crowd`, `town`). What
comes out are lines (`lines`): one for each message, task and change of stage, with the reasons.

Nothing here may judge by itself: a rule that is not the service's own has no place in this room.
"""
