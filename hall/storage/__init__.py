"""Bytes on the local disk: sealed bids in two copies, records, the encrypted side store, the hall's key files."""
