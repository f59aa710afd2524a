"""The evaluation of the bids of one tender (clauses 5.4.1 to 5.4.4): committee, scoring, decisions, report. Pure."""
