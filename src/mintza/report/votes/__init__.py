"""What people judged: the file of votes, ratings by criterion, effects of factors, agreement with exams."""
