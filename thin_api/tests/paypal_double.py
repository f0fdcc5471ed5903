"""PayPal's server for tests, over TLS on loopback: it serves certificates and is asked back.

It keeps every request as it came, and its verify-webhook-signature does the RSA check over the raw
bytes of `webhook_event`, as PayPal does.
"""

import base64
import json
import ssl
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from thin_api.run import variable
from thin_api.tests import certificate_maker as maker

CERTS = "/v1/notifications/certs/"
TOKEN, VERIFY = "/v1/oauth2/token", "/v1/notifications/verify-webhook-signature"
EVENT = b',"webhook_event":'


@dataclass(frozen=True)
class Answer:
    """What a path answers. pause: seconds before each byte of the body; hold: wait for it."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    hold: threading.Event | None = None


class Asked(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class PayPalDouble:
    """A running PayPal. `answers` by path come before what it would say itself."""

    port: int
    ca_file: Path
    webhook_id: str = "1AB23456CD789012E"
    client_id: str = "client"
    client_secret: str = "secret"
    expires_in: object = 32400
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        """As HOOKLEDGER_PAYPAL_CERT_HOSTS names it."""
        return f"localhost:{self.port}"

    @property
    def settings(self) -> dict[str, Any]:
        """Settings that lead a shim in this process to it."""
        return {
            "paypal_api_url": f"https://{self.host}",
            "paypal_cert_hosts": (self.host,),
            "paypal_trust_store": self.ca_file,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The same for a shim of its own process."""
        return {
            variable(name): value[0] if isinstance(value, tuple) else str(value)
            for name, value in self.settings.items()
        }

    @property
    def postback(self) -> dict[str, str]:
        """Settings of an endpoint that asks back."""
        return {
            "verification": "postback",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }

    def serve(self, *made: maker.Made, cert_id: str | None = None) -> str:
        """Serve certificates under an URL, a new one unless named, and return the URL."""
        return self.serve_as(Answer(b"".join(m.pem for m in made)), cert_id)

    def serve_as(self, answer: Answer, cert_id: str | None = None) -> str:
        """Answer so where a certificate is looked for, and return its URL."""
        self.answers[path := f"{CERTS}CERT-{cert_id or uuid4()}"] = answer
        return f"https://{self.host}{path}"

    def sign(
        self,
        body: bytes,
        *,
        webhook_id: str | None = None,
        signer: maker.Made | None = None,
        cert_url: str | None = None,
        transmission_id: str | None = None,
        time: str = "2025-06-15T15:06:40Z",
    ) -> dict[str, str]:
        """Return the headers that PayPal sends with a body."""
        made = signer or maker.signer()
        assert isinstance(made.key, RSAPrivateKey)
        sent, to = transmission_id or uuid4(), self.webhook_id if webhook_id is None else webhook_id
        data = f"{sent}|{time}|{to}|{zlib.crc32(body)}".encode()
        signature = made.key.sign(data, padding.PKCS1v15(), SHA256())
        return {
            "content-type": "application/json",
            "paypal-transmission-id": str(sent),
            "paypal-transmission-time": time,
            "paypal-transmission-sig": base64.b64encode(signature).decode(),
            "paypal-cert-url": cert_url or f"https://{self.host}{CERTS}CERT-double",
            "paypal-auth-algo": "SHA256withRSA",
            "paypal-auth-version": "v2",
        }

    def renew(self) -> None:
        """Forget what was asked and told, and answer as PayPal does."""
        self.asked.clear()
        self.tokens.clear()
        self.expires_in = 32400
        self.answers.pop(TOKEN, None)
        self.answers.pop(VERIFY, None)

    def paths(self) -> list[str]:
        """Return what was asked for, in order."""
        return [asked.path for asked in self.asked]

    def answer(self, asked: Asked) -> Answer:
        """Return what PayPal would say."""
        if asked.path in self.answers:
            return self.answers[asked.path]
        if asked.path == TOKEN:
            return self._token(asked)
        if asked.path == VERIFY:
            return self._verify(asked)
        return Answer(b"no such thing", 404)

    def _token(self, asked: Asked) -> Answer:
        given = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {given}":
            return Answer(b'{"error":"invalid_client"}', 401)
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
        assert asked.body == b"grant_type=client_credentials"
        token = f"A21AA{uuid4().hex}"
        self.tokens.append(token)
        told = {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
        return Answer(json.dumps(told).encode())

    def _verify(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") not in [f"Bearer {token}" for token in self.tokens]:
            return Answer(b'{"name":"AUTHENTICATION_FAILURE"}', 401)
        json.loads(asked.body)  # as a whole it is JSON
        head, _, rest = asked.body.partition(EVENT)
        status = "SUCCESS" if self._is_signed(json.loads(head + b"}"), rest[:-1]) else "FAILURE"
        return Answer(json.dumps({"verification_status": status}).encode())

    def _is_signed(self, members: Mapping[str, str], raw_body: bytes) -> bool:
        if (members["webhook_id"], members["auth_algo"]) != (self.webhook_id, "SHA256withRSA"):
            return False
        sent = f"{members['transmission_id']}|{members['transmission_time']}|{self.webhook_id}"
        public = maker.signer().certificate.public_key()
        assert isinstance(public, RSAPublicKey)
        data = f"{sent}|{zlib.crc32(raw_body)}".encode()
        signature = base64.b64decode(members["transmission_sig"])
        try:
            public.verify(signature, data, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


@contextmanager
def running_paypal(folder: Path) -> Iterator[PayPalDouble]:
    """Run it. folder: where the certificate files are written."""
    localhost = maker.make(maker.root(), name="localhost", key=maker.rsa_key("localhost"))
    ca_file, own_file = folder / "paypal-ca.pem", folder / "paypal-double.pem"
    ca_file.write_bytes(maker.root().pem)
    own_file.write_bytes(localhost.key_pem + localhost.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_file)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.double = PayPalDouble(server.server_address[1], ca_file)
        server.double.serve(maker.signer(), maker.intermediate(), cert_id="double")
        # The handshake is left to each connection's own thread.
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.double
        finally:
            server.double.stopping.set()
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    double: PayPalDouble
    daemon_threads = False
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients hang up as they like."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        asked = Asked(self.command, self.path, headers, body)
        self.server.double.asked.append(asked)
        answer = self.server.double.answer(asked)
        stopping = self.server.double.stopping
        while answer.hold and not answer.hold.wait(0.05) and not stopping.is_set():
            pass
        self.send_response(answer.status)
        for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        step = 1 if answer.pause else len(answer.body) or 1
        for start in range(0, len(answer.body), step):
            if answer.pause and stopping.wait(answer.pause):
                return
            self.wfile.write(answer.body[start : start + step])

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""
