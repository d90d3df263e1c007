"""A passkey in software: makes and uses a key as a browser does, and answers as our script sends
it."""

import hashlib
import json
import os
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestedCredentialData

PRESENT, VERIFIED, HAS_CREDENTIAL = 1, 4, 64


class Passkey:
    def __init__(self, origin="http://testserver", host="testserver"):
        self.origin, self.host = origin, host
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)

    def make(self, options):
        public = ES256.from_cryptography_key(self.private.public_key())
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = self._data(PRESENT | VERIFIED | HAS_CREDENTIAL) + credential
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options)
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def use(self, options):
        data, client = self._data(PRESENT | VERIFIED), self._client("webauthn.get", options)
        signed = data + hashlib.sha256(client).digest()
        signature = self.private.sign(signed, ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, flags):
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, 0)

    def _client(self, kind, options):
        client = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(client).encode()

    def _answer(self, **response):
        own = websafe_encode(self.id)
        encoded = {name: websafe_encode(value) for name, value in response.items()}
        answer = {"id": own, "rawId": own, "type": "public-key", "clientExtensionResults": {}}
        return json.dumps(answer | {"response": encoded})
