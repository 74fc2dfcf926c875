"""Two blind models side by side: drawn, asked, shown at one pace, judged once."""
