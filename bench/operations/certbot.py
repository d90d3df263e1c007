"""What certbot and Let's Encrypt do together, by our own authority: prove, certify, deploy.

python -m bench.operations.certbot STATE certonly --webroot-path PATH --domain NAME ...
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
from pathlib import Path

from .authority import Authority


def main() -> None:
    options = parse()
    prove(options.webroot_path, options.domain)
    live = options.state / "live" / options.domain
    live.mkdir(parents=True, exist_ok=True)
    Authority(options.state).certify(options.domain, live / "fullchain.pem", live / "privkey.pem")
    subprocess.run(
        ["sh", "-c", options.deploy_hook],
        env={**os.environ, "RENEWED_LINEAGE": str(live)},
        check=True,
    )


def prove(webroot: Path, domain: str) -> None:
    """Show a proof, and fetch it by the name of the desk, as the authority does (HTTP-01)."""
    token, proof = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
    directory = webroot / ".well-known" / "acme-challenge"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / token).write_text(proof)
    address = f"http://{domain}/.well-known/acme-challenge/{token}"
    command = ["curl", "--silent", "--show-error", "--fail", address]
    seen = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (directory / token).unlink()
    if seen != proof:
        raise SystemExit(f"{address} shows something else: {seen[:200]}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="certbot", description=__doc__)
    parser.add_argument("state", type=Path, help="where the authority is")
    parser.add_argument("command", choices=["certonly"])
    parser.add_argument("--non-interactive", action="store_true", required=True)
    parser.add_argument("--agree-tos", action="store_true", required=True)
    parser.add_argument("--email", required=True)
    parser.add_argument("--domain", required=True)
    parser.add_argument("--webroot", action="store_true", required=True)
    parser.add_argument("--webroot-path", type=Path, required=True)
    parser.add_argument("--deploy-hook", required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
