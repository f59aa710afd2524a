"""How notices leave the hall: their words, the inbox, mail. What is owed to whom stands in `hall.notifying`."""
