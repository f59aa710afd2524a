"""The Hall: openings of tenders held online, provable to people who were not there."""
