"""Every error is one shape of JSON, and its message a sentence for people."""

from __future__ import annotations

import base64
import errno
import json
import logging
from typing import Annotated

import httpx
import numpy as np
import pytest
from anyio import BrokenResourceError
from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from sambaseg.accounts.actors import Actor
from sambaseg.errors import ImageTooLargeError
from sambaseg.server.body_limit import FOR_VISITORS, JsonLimit, LimitBody
from sambaseg.server.refusals import LastResort, install_refusals
from sambaseg.server.who import note_actor


class Recipe(BaseModel):
    model_config = ConfigDict(extra="forbid")
    scales_px: list[Annotated[float, Field(gt=0, le=64)]]


@pytest.fixture
def app():
    app = FastAPI()
    install_refusals(app)
    app.add_middleware(LimitBody, for_people=JsonLimit(4000, 200), for_visitors=JsonLimit(1000, 100))
    app.add_middleware(LastResort)

    @app.get("/refused")
    def refused():
        raise ImageTooLargeError("The image would need 37 GiB, and 1 GiB is allowed.", hint="Crop it.")

    @app.get("/broken")
    def broken():
        raise ZeroDivisionError("secret detail")

    @app.get("/full")
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    @app.get("/half")
    def half():
        def parts():
            yield b"half"
            raise RuntimeError("then it broke")

        return StreamingResponse(parts())

    @app.post("/recipe")
    def recipe(body: Recipe, trees: Annotated[int, Query(ge=1, le=1000)] = 1):
        return {"scales": body.scales_px, "trees": trees}

    return app


async def ask(app, method, path, **options):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path, **options)


def error_of(answer):
    assert set(answer.json()) == {"error"}
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "hint"}
    return error


@pytest.mark.anyio
async def test_error_on_purpose_has_its_own_status_and_words(app):
    answer = await ask(app, "GET", "/refused")
    assert answer.status_code == 413
    assert error_of(answer) == {
        "code": "image_too_large",
        "message": "The image would need 37 GiB, and 1 GiB is allowed.",
        "hint": "Crop it.",
    }
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "query", "message"),
    [
        ({"scales_px": [1, 1e6]}, "", "scales_px[1] should be less than or equal to 64, not 1000000.0."),
        ({"scales_px": [-1]}, "", "scales_px[0] should be greater than 0, not -1."),
        (
            {"scales_px": ["x"]},
            "",
            "scales_px[0] should be a valid number, unable to parse string as a number, not 'x'.",
        ),
        ({}, "", "scales_px is missing."),
        ({"scales_px": [], "sigma": 1}, "", "sigma is not known here."),
        ({"scales_px": []}, "?trees=10000", "trees should be less than or equal to 1000, not '10000'."),
        ({"scales_px": [0, 0, 0]}, "", "scales_px[0] should be greater than 0, not 0 (2 more like this)."),
        ({"scales_px": "x" * 500}, "", f"scales_px should be a valid list, not {repr('x' * 500)[:60]}…."),
    ],
)
async def test_wrong_parameters_are_named(app, body, query, message):
    answer = await ask(app, "POST", f"/recipe{query}", json=body)
    assert answer.status_code == 422
    assert error_of(answer) == {"code": "parameter", "message": message, "hint": ""}


@pytest.mark.anyio
async def test_body_that_is_no_json(app):
    answer = await ask(
        app, "POST", "/recipe", content=b'{"scales_px": [1,', headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422
    assert error_of(answer)["message"] == "The request is not valid JSON: Expecting value at character 17."


@pytest.mark.anyio
@pytest.mark.parametrize("content", [b" " * 1001, [b" " * 600, b" " * 600]])
async def test_oversized_body_is_refused_whether_announced_or_not(app, content):
    async def parts():
        for part in content:
            yield part

    body = content if isinstance(content, bytes) else parts()
    answer = await ask(app, "POST", "/recipe", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert error_of(answer)["code"] == "upload_too_large"


@pytest.mark.anyio
async def test_body_at_the_limit_passes(app):
    content = b'{"scales_px": [1]}'.ljust(1000)
    answer = await ask(app, "POST", "/recipe", content=content, headers={"content-type": "application/json"})
    assert answer.json() == {"scales": [1.0], "trees": 1}


@pytest.mark.anyio
async def test_unknown_address_and_method(app):
    missing = await ask(app, "GET", "/api/nothing")
    assert (missing.status_code, error_of(missing)["message"]) == (404, "There is nothing at /api/nothing.")
    wrong = await ask(app, "DELETE", "/recipe")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert error_of(wrong)["message"] == "DELETE is not possible at /recipe."


@pytest.mark.anyio
async def test_unexpected_error_is_a_plain_sentence_and_a_log_entry(app, caplog):
    with caplog.at_level(logging.ERROR):
        answer = await ask(app, "GET", "/broken")
    assert answer.status_code == 500
    error = error_of(answer)
    assert error["code"] == "unexpected"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "GET /broken failed" in caplog.text
    assert "ZeroDivisionError: secret detail" in caplog.text


@pytest.mark.anyio
async def test_full_disk_is_named(app):
    answer = await ask(app, "GET", "/full")
    assert answer.status_code == 507
    assert error_of(answer)["message"] == "Could not save: No space left on device."


@pytest.mark.anyio
async def test_error_in_the_middle_of_an_answer_breaks_it(app):
    """Half an answer must not look like a whole one."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        with pytest.raises(RuntimeError, match="then it broke"):
            await client.get("/half")


@pytest.mark.anyio
@pytest.mark.parametrize(("kind", "most_bytes", "most_commas"), [("visitor", 1000, 100), ("person", 4000, 200)])
async def test_body_of_many_bytes_or_many_values_is_refused_before_it_is_read(app, kind, most_bytes, most_commas):
    async def known(scope, receive, send):
        note_actor(scope, Actor(kind, "a" * 32, "", "member"))
        await app(scope, receive, send)

    async def status(body):
        async def parts():  # as it comes without its length
            for start in range(0, len(body), 300):
                yield body[start : start + 300]

        json_ = {"Content-Type": "application/json"}
        found = [await ask(known, "POST", "/recipe", content=each, headers=json_) for each in (body, parts())]
        assert found[0].status_code == found[1].status_code
        return found[0].status_code

    for commas in (most_commas, most_commas + 1):
        body = b'{"scales_px":[1' + b",1" * commas + b"]}"
        assert await status(body) == (200 if commas == most_commas else 413)
    for size in (most_bytes, most_bytes + 1):
        body = b'{"scales_px":[1]}'.ljust(size)
        assert await status(body) == (200 if size == most_bytes else 413)


def test_a_visitor_can_label_a_whole_large_image_at_once():
    runs = base64.b64encode(np.tile(np.array([0, 255], "<u2"), 256).tobytes()).decode()
    tiles = [{"ty": ty, "tx": tx, "runs": runs} for ty in range(64) for tx in range(64)]
    body = json.dumps({"client_id": "x" * 64, "client_seq": 1, "kind": "paint", "tiles": tiles}).encode()
    assert len(body) <= FOR_VISITORS.max_bytes
    assert body.count(b",") <= FOR_VISITORS.max_commas


@pytest.mark.anyio
@pytest.mark.parametrize(("error", "is_failure"), [(BrokenResourceError(), False), (ValueError(), True)])
async def test_a_stream_that_nobody_reads_any_more_is_no_failure(error, is_failure):
    async def stream(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ExceptionGroup("", [ExceptionGroup("", [error])])

    async def send(_message):
        pass

    failed = False
    try:
        await LastResort(stream)({"type": "http"}, None, send)
    except ExceptionGroup:
        failed = True
    assert failed == is_failure
