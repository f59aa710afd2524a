"""The append-only journal. Begin with `ledger.py` (what a row is and when an append conflicts), then `store.py`.

`tree.py`, `checkpoint.py` and `codec.py` are pure and need no database: the offline verifier uses them as they are.
"""
