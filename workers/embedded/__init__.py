"""The PostgreSQL and Valkey servers that a bench PC runs inside Marksight itself."""
