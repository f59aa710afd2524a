"""One module per step, named by its number. A step that was shipped is never edited."""
