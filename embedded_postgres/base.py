"""Django's PostgreSQL backend on the embedded server of `DATA_DIR`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db.backends.postgresql import client

from bounded_postgres import base

from .cluster import SUPERUSER
from .exceptions import EmbeddedPostgresError
from .programs import binary
from .server import Server, server_of


class DatabaseClient(client.DatabaseClient):
    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Use the wheel's psql: the machine may have none, or an older one."""
        arguments, environment = super().settings_to_cmd_args_env(settings_dict, parameters)
        return [str(binary("psql")), *arguments[1:]], environment

    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.get_connection_params()
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    @property
    def server(self) -> Server:
        return server_of(self.settings_dict["DATA_DIR"])

    @property
    def data_directory(self) -> Path:
        """Return where the server keeps its files on this machine."""
        return self.server.data

    @property
    def owner(self) -> dict[str, Any]:
        return {} if self.settings_dict["USER"] in ("", SUPERUSER) else {"USER": SUPERUSER}

    def get_connection_params(self) -> dict[str, Any]:
        """Start the server if necessary, then return Django's connection parameters."""
        name, role = self.settings_dict["NAME"], self.settings_dict["USER"]
        with self.wrap_database_errors:  # not everybody who calls this does so
            try:
                address = self.server.ensure_running(name, self.answer_seconds, role=role)
            except EmbeddedPostgresError:
                if self.answer_seconds is not None:
                    self.note_silence()  # or the next caller would wait as long
                raise
        # Stored in the settings, where dbshell and other libraries read them.
        address |= {"user": role} if role else {}
        self.settings_dict.update({key.upper(): value for key, value in address.items()})
        return super().get_connection_params()
