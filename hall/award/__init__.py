"""The award of a tender, from the committee's report to the filed contract (clause 5.5.1): a pure machine.

What may not live here: I/O, clocks, any rule of the evaluation or of complaints; they hand over facts.
"""
