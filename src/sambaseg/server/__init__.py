"""The server: the page's requests, jobs and files, by FastAPI."""
