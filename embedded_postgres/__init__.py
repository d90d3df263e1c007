"""A Django database backend that starts its own PostgreSQL 18 server on the first connection.

    DATABASES = {"default": {"ENGINE": "embedded_postgres", "NAME": ..., "DATA_DIR": Path}}

`DATA_DIR` is an absolute path. The package knows nothing about the application that uses it.
"""
