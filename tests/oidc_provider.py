"""A real OpenID Connect provider for tests: oidc-provider-mock from PyPI, in a process of its own.

Around it: PKCE is demanded as providers do, and a test can have the next ID tokens spoiled in one way each, signed
with the provider's own key, so that only the thing in question is wrong.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

PROGRAM = Path(__file__)
START_SECONDS = 60


class OidcProvider:
    """A running provider. `issuer` is its address."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        import httpx

        command = [sys.executable, "-W", "ignore", str(PROGRAM), str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._client = httpx.Client(base_url=self.issuer, timeout=30)
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self._client.get("/jwks")
                return
            except httpx.TransportError:
                assert time.monotonic() < until, "the provider did not start"
                time.sleep(0.1)

    def stop(self) -> None:
        """End the process."""
        self._client.close()
        self._process.terminate()
        self._process.wait(timeout=20)

    def register(self, return_address: str, method: str = "client_secret_basic") -> tuple[str, str]:
        """Register a server; return its client id and secret."""
        body = {"redirect_uris": [return_address], "token_endpoint_auth_method": method}
        answer = self._client.post("/oauth2/clients", json=body).json()
        return answer["client_id"], answer["client_secret"]

    def add_person(self, subject: str, **claims: object) -> None:
        """Make a person, or change what the provider says of one."""
        assert self._client.put(f"/users/{subject}", json=claims).status_code == 204

    def spoil(self, how: str) -> None:
        """Have all further ID tokens spoiled in this way; "" in none."""
        assert self._client.put("/testing/spoil", json=how).status_code == 204

    def last_request(self) -> dict[str, str]:
        """Return what the last person came with."""
        answer: dict[str, str] = self._client.get("/testing/last-request").json()
        return answer

    def sign_in(self, address: str, subject: str) -> dict[str, str]:
        """Sign in as a person would; return what comes back in the address: code and state."""
        assert self._client.get(address).status_code == 200
        answer = self._client.post(address, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}


@pytest.fixture(scope="session")
def oidc_server() -> Iterator[OidcProvider]:
    """A running provider."""
    if find_spec("oidc_provider_mock") is None:
        pytest.skip("oidc-provider-mock is not installed")
    provider = OidcProvider()
    yield provider
    provider.stop()


@pytest.fixture
def oidc_provider(oidc_server: OidcProvider) -> OidcProvider:
    """The running provider, which spoils nothing yet."""
    oidc_server.spoil("")
    return oidc_server


def make_app():
    """Return the provider with what was added to it."""
    import flask
    import oidc_provider_mock

    app = oidc_provider_mock.app(require_client_registration=True, require_nonce=True)
    spoiled = {"how": ""}
    challenges: dict[str, str] = {}
    last: dict[str, str] = {}

    @app.put("/testing/spoil")
    def spoil():
        spoiled["how"] = flask.request.json
        return "", 204

    @app.get("/testing/last-request")
    def last_request():
        return flask.jsonify(last)

    @app.before_request
    def check_pkce():
        request = flask.request
        if request.path == "/oauth2/authorize":
            last.clear()
            last.update(request.args)
            if request.args.get("code_challenge_method") != "S256" or not request.args.get("code_challenge"):
                return "PKCE is demanded.", 400
        if request.path == "/oauth2/token":
            digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if challenges.get(request.form.get("code", "")) != challenge:
                return flask.jsonify({"error": "invalid_grant"}), 400
        return None

    @app.after_request
    def note_and_spoil(answer):
        if flask.request.path == "/oauth2/authorize" and answer.status_code == 302:
            for code in parse_qs(urlsplit(answer.headers["location"]).query).get("code", ()):
                challenges[code] = flask.request.args["code_challenge"]
        if flask.request.path == "/oauth2/token" and answer.status_code == 200 and spoiled["how"]:
            tokens = answer.get_json()
            storage = flask.g.oidc_provider_mock_storage
            answer.set_data(json.dumps(spoil_tokens(tokens, spoiled["how"], storage)))
        return answer

    return app


def spoil_tokens(tokens, how, storage):
    """Return tokens of which one thing is not as it must be."""
    from authlib.jose import RSAKey
    from joserfc import jwk, jwt

    def decoded(part):
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    def encoded(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    parts = tokens["id_token"].split(".")
    header, claims = decoded(parts[0]), decoded(parts[1])
    if how == "missing":
        return {name: value for name, value in tokens.items() if name != "id_token"}
    if how == "broken":
        return {**tokens, "id_token": "a.b.c"}
    if how == "none":
        return {**tokens, "id_token": f"{encoded({'alg': 'none'})}.{parts[1]}."}
    if how == "changed":
        return {**tokens, "id_token": f"{parts[0]}.{encoded({**claims, 'sub': 'admin'})}.{parts[2]}"}
    key = jwk.RSAKey.import_key(storage.jwk.as_dict(is_private=True))
    if how == "another key":
        key = jwk.RSAKey.generate_key(2048)
    elif how == "next key":
        storage.jwk = RSAKey.generate_key(is_private=True)
        key = jwk.RSAKey.import_key(storage.jwk.as_dict(is_private=True))
        header = {**header, "kid": storage.jwk.thumbprint()}
    elif how == "unknown key":
        header = {**header, "kid": "nobody's"}
    elif how == "public key as secret":
        head = encoded({"alg": "HS256", "kid": header.get("kid")})
        signed = f"{head}.{parts[1]}"
        digest = hmac.digest(storage.jwk.as_pem(is_private=False), signed.encode(), "sha256")
        return {**tokens, "id_token": f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"}
    nothing = {"email": None, "email_verified": None, "name": None, "groups": None}
    changes = {
        "bare": nothing,
        "bare, of another": {**nothing, "sub": "another"},
        "half": {"email_verified": None},
        "nonce": {"nonce": "another"},
        "no nonce": {"nonce": None},
        "audience": {"aud": ["somebody-else"]},
        "party": {
            "aud": [*([claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]), "other"],
            "azp": "other",
        },
        "issuer": {"iss": "https://evil.example.org"},
        "expired": {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200},
        "future": {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200},
        "hash": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        "no subject": {"sub": None},
        "no end": {"exp": None},
    }
    claims = {name: value for name, value in {**claims, **changes.get(how, {})}.items() if value is not None}
    return {**tokens, "id_token": jwt.encode(header, claims, key, algorithms=["RS256"])}


if __name__ == "__main__":
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", int(sys.argv[1]), make_app(), threaded=True)
