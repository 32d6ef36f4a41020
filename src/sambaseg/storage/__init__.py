"""What is kept beside the projects: one database (SQLite or PostgreSQL) and one store of files (disk or S3)."""
