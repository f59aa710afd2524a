"""The tender before its deposits: drafted, filed, published, changed by addenda, or cancelled (clauses 4.10, 5.1)."""
