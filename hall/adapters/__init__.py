"""Joins of two or more outer parts behind one port of `hall.runtime.ports`: storage with signing, keys with the clock.

Each module is one class and no rules; `hall.app` builds them.
"""
