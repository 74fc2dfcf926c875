"""The database: SQLite beside the arena, or PostgreSQL; SQL that both understand."""
