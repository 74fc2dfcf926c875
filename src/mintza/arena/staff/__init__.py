"""Those who run the arena: campaigns, pauses, moderation, health, and a record of what they did."""
