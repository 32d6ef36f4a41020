"""Live segmentation over HTTP: a switch, a viewport that follows, and an update with every change of the labels."""

from __future__ import annotations

import numpy as np
import pytest

from server.conftest import Follower, Person, live_server, make_stack, tiff_of, two_phases, upload_project, wait_until

SMALL = {
    "recipe": {"families": ["gaussian"], "scales_px": [1], "sigma_convention": "sigma"},
    "training": {"trees": 5},
}


@pytest.mark.anyio
async def test_switch_is_told_with_the_project(client, app):
    path = make_stack(app, [two_phases(40, 50), two_phases(40, 50)])
    viewport = {"top": -5, "left": 0, "bottom": 20, "right": 30}
    for on in (True, True, False):
        answer = await client.put(f"{path}/live", json={"on": on, "image": 1, "viewport": viewport})
        assert (answer.status_code, answer.json()) == (200, {"on": on})
        assert (await client.get(path)).json()["live"] == on
    assert (await client.put(f"{path}/live", json={"on": True})).json() == {"on": True}
    assert (await client.delete(path)).status_code == 204
    assert not app.state.services.live.is_on(path.split("/")[-1])


@pytest.mark.anyio
@pytest.mark.parametrize("body", [{}, {"on": "perhaps"}, {"on": True, "image": -1}, {"on": True, "viewport": {}}])
async def test_what_is_no_switch_is_refused(client, app, body):
    path = make_stack(app, [two_phases(40, 50)])
    answer = await client.put(f"{path}/live", json=body)
    assert answer.status_code == 422
    assert (await client.get(path)).json()["live"] is False


@pytest.fixture
def changes(monkeypatch):
    """Note when the server says that labels changed."""
    noted = []
    monkeypatch.setattr("sambaseg.server.live.Live.labels_changed", lambda _, store: noted.append(store.id))
    return noted


@pytest.mark.anyio
async def test_only_steps_that_change_labels_start_an_update(client, app, changes):
    path = make_stack(app, [two_phases(40, 50)])
    person, painted = Person(), (0, 0, 5, 5)
    steps = [
        (person.paint(1, *painted), 1),
        (person.paint(1, *painted, layer="edits"), 1),
        (person.operation("undo"), 1),
        (person.operation("undo"), 2),
        (person.operation("undo"), 2),
        (person.operation("redo"), 3),
        (person.operation("clear"), 4),
    ]
    for operation, count in steps:
        for _ in range(2):  # the second is a retry
            assert (await client.post(f"{path}/operations", json=operation)).status_code == 200
        assert len(changes) == count, operation["kind"]
    labels = np.ones((40, 50), np.uint8)
    await client.post(f"{path}/labels", content=tiff_of(labels))
    assert len(changes) == 5


def test_strokes_bring_a_segmentation_of_their_own_accord(settings):
    with live_server(settings) as client:
        path = upload_project(client, two_phases(300, 400))
        client.patch(path, json={"settings": SMALL})
        follower = Follower(client, path)
        assert client.put(f"{path}/live", json={"on": True}).json() == {"on": True}
        person = Person()
        client.post(f"{path}/operations", json=person.paint(1, 10, 10, 40, 40))
        client.post(f"{path}/operations", json=person.paint(2, 10, 350, 40, 390))
        done = wait_until(lambda: [job for job in follower.named("job") if job["state"] == "done"], seconds=240)
        assert done[0]["kind"] == "live"
        result = client.get(path).json()["result"]
        assert result["state"] == "complete"
        tile = np.frombuffer(client.get(f"{path}/results/{result['id']}/segmentation/0/0/0").content, np.uint8)
        assert np.mean(tile.reshape(256, 256)[:, :180] == 1) > 0.95
        told = [body for name, body in follower.events if name == "tiles"]
        assert {body["image"] for body in told} == {0}
        client.post(f"{path}/operations", json=person.operation("undo"))
        assert client.get(path).json()["live"] is True
