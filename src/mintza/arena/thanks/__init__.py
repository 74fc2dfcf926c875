"""What people get for their votes: their own progress, a goal, a table, a raffle."""
