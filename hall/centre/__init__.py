"""The trading centre: who is registered in this hall and holds which office, its calendar, defaults, experts and rooms.

One stream, `centre/hall`. What may not live here: logins (the directory is their truth, and takes over what stands
here), certificates' arithmetic, and rules of any tender.
"""
