"""A real mail server for IMAP: Dovecot, on loopback, with a certificate of its own."""

import contextlib
import datetime
import getpass
import grp
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient

from .freezing import frozen
from .mail_server import free_port

DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PASSWORD = "hemlig & %x"
CONFIG = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = {listen}
ssl = {tls}
ssl_cert = <{root}/certificate.pem
ssl_key = <{root}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
mail_max_userip_connections = 100
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_location = maildir:{root}/mail/%u
first_valid_uid = 1
imap_idle_notify_interval = 2s
{capability}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {root}/oauth2.conf
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=all {root}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
"""


class Dovecot:
    """Every user name exists, with one password. Tokens are checked at `introspection_url`."""

    host = "localhost"

    def __init__(
        self,
        *,
        tls=True,
        capability="",
        introspection_url="http://127.0.0.1:9/",
        listen="127.0.0.1",
        port=None,
        password=PASSWORD,
    ):
        # Not pytest's own directory: the server's accounts must get there, and names are limited.
        self.root = Path(tempfile.mkdtemp(prefix="desk-imap-"))
        self.root.chmod(0o755)
        self.listen, self.password = listen, password
        self.port, self.plain_port = port or free_port(), free_port()
        self.process = None
        self._write(tls, capability, introspection_url)

    @property
    def certificate(self):
        return self.root / "certificate.pem"

    def _write(self, tls, capability, introspection_url):
        write_certificate(self.root)
        is_root = os.geteuid() == 0
        me, my_group = getpass.getuser(), grp.getgrgid(os.getegid()).gr_name
        uid, gid = (65534, 65534) if is_root else (os.geteuid(), os.getegid())
        mail = self.root / "mail"
        mail.mkdir()
        os.chown(mail, uid, gid)
        values = {
            "internal": "dovecot" if is_root else me,
            "group": "dovecot" if is_root else my_group,
            "login": "dovenull" if is_root else me,
            "capability": f"imap_capability = {capability}" if capability else "",
            "root": self.root,
            "listen": self.listen,
            "uid": uid,
            "gid": gid,
            "tls": "yes" if tls else "no",
            "port": self.port,
            "plain_port": self.plain_port,
        }
        (self.root / "dovecot.conf").write_text(CONFIG.format(**values))
        (self.root / "users").write_text(f"all:{self.password}\n")
        (self.root / "oauth2.conf").write_text(
            f"introspection_mode = get\nintrospection_url = {introspection_url}\n"
            "username_attribute = username\n"
        )

    def start(self):
        command = [DOVECOT, "-F", "-c", str(self.root / "dovecot.conf")]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.plain_port), timeout=1).close()
                return self
            time.sleep(0.02)
        raise RuntimeError((self.root / "log").read_text())

    def stop(self):
        """End it and its connections at once, as if the machine were gone."""
        if self.process:
            master = psutil.Process(self.process.pid)
            processes = [master, *master.children(recursive=True)]
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(processes, 20)
            self.process.wait(20)
            self.process = None

    def frozen(self):
        """Freeze it and its connections during a block."""
        return frozen(self.process.pid)

    def remove(self):
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    @contextlib.contextmanager
    def client(self, user):
        """Yield a connection of the user, as somebody else's mail program has."""
        with IMAPClient("127.0.0.1", self.plain_port, ssl=False, timeout=20) as client:
            client.login(user, self.password)
            client.select_folder("INBOX")
            yield client

    def deliver(self, user, *messages, folder="INBOX", arrived=None):
        with self.client(user) as client:
            for message in messages:
                client.append(folder, message, msg_time=arrived)

    def renumber(self, user):
        """Change the UIDVALIDITY of the user's folder, as a restored backup does."""
        directory = self.root / "mail" / user
        uids = directory / "dovecot-uidlist"
        validity = re.compile(r" V(\d+) ")
        uids.write_text(
            validity.sub(lambda match: f" V{int(match[1]) + 1} ", uids.read_text(), count=1)
        )
        for path in directory.glob("dovecot.index*"):
            path.unlink()


def write_certificate(root, host="localhost"):
    """Write a certificate for a host name that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (root / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (root / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
