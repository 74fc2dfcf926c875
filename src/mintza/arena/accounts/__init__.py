"""Who takes part: names, passwords, sessions, consent, and the limits that keep the door."""
