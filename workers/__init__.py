"""What runs by itself: composition root, supervisor, relay, jobs, and the embedded Postgres and Redis."""
