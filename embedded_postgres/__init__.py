"""A Django database backend that brings its own PostgreSQL 18, started on the first connection.

Used when `DATABASE_URL` is unset:

    DATABASES = {"default": {"ENGINE": "embedded_postgres", "NAME": ..., "DATA_DIR": Path}}
"""
