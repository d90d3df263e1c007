"""Secrets that the first start makes and that all processes of a desk share, in DATA_DIR."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def stored_secret(data_dir: Path, name: str, variable: str, *, is_container: bool) -> str:
    """Return the secret in the file of this name, such as "secret_key".

    The first caller generates it. Raise ImproperlyConfigured if it cannot be kept, or if it would
    end with a container. `variable` is what could be set instead.
    """
    path, label = data_dir / name, name.replace("_", " ")
    try:
        if not path.exists():
            if is_container and not data_dir.is_mount():
                raise ImproperlyConfigured(
                    f"Set {variable}, or mount a volume on {data_dir}: each container would make a"
                    f" {label.split()[-1]} of its own, and lose it."
                )
            _generate(path)
        value = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ImproperlyConfigured(
            f"Cannot keep the {label} in DATA_DIR ({path}: {reason})."
        ) from None
    if not value:
        raise ImproperlyConfigured(
            f"The {label} in {path} is empty. Restore it from a backup. Without one, delete the"
            f" file: a new one is made. {CONSEQUENCES.get(name, '')}".rstrip()
        )
    return value


CONSEQUENCES = {"secret_key": "Private links and sessions of before stop working then."}  # nosec B105  # a sentence


def _generate(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    with draft.open("w") as file:
        file.write(secrets.token_urlsafe(50))
        file.flush()
        os.fsync(file.fileno())  # or the machine could lose it and keep its name
    try:
        # Several processes may start at once. The first link wins, and all read the same secret.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
