"""Results of other tools become measurements; what is odd about them is named, and the rest goes on."""
