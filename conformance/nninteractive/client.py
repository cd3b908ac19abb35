"""Runs the real nnInteractive client against a server, case by case (N1 to N21 of specs/client-protocols.md §7.3).

    python client.py URL [--key KEY] CASE [CASE ...]

Prints one line of JSON per case: {"case", "ok", "error", "seconds"}. The client is the one on PYTHONPATH.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
import zlib

import httpx
import numpy as np

from nnInteractive.inference.remote.remote_session import (
    ServerAtCapacityError,
    SessionExpiredError,
    nnInteractiveRemoteInferenceSession as Client,
)
from nnInteractive.inference.remote.serialization import pack_array, unpack_array

URL = ""
KEY = None

# No two extents alike, so that axes that were swapped show.
SHAPE = (20, 25, 30)


def connect(**options):
    return Client(URL, api_key=KEY, **options)


def scan(shape=SHAPE, seed=1, dtype=np.int16):
    """Noise around a bright block off the centre."""
    values = np.random.default_rng(seed).integers(0, 40, shape)
    a, b, c = shape
    values[a // 5 : a // 2, b // 2 : b - 3, c // 6 : c // 2] += 60
    return values.astype(dtype)[None]


def begin(client, image):
    client.set_image(image, {"spacing": [3.0, 2.0, 1.0]})
    buffer = np.zeros(image.shape[1:], np.uint8)
    client.set_target_buffer(buffer)
    return buffer


def refused(status, call):
    try:
        answer = call()
    except httpx.HTTPStatusError as error:
        assert error.response.status_code == status, f"{error.response.status_code} {error.response.text}"
        return error.response
    if isinstance(answer, httpx.Response):
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return answer
    raise AssertionError(f"expected status {status}, but it went well")


def expired(call):
    try:
        call()
    except SessionExpiredError:
        return
    raise AssertionError("expected SessionExpiredError")


def post(client, path, body, **headers):
    return client._http.post(path, content=json.dumps(body), headers={"Content-Type": "application/json", **headers})


# ---- the same server's own API, to compare with


def rest(path, session=None, method="GET", body=None, kind="application/json", accept="*/*"):
    headers = {"Accept": accept}
    if session:
        headers["X-Session-ID"] = session
    if KEY:
        headers["Authorization"] = f"Bearer {KEY}"
    if body is not None:
        headers["Content-Type"] = kind
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return answer.read(), answer.headers


def session_ids():
    listed = json.loads(rest("/api/sessions")[0])["sessions"]
    return {entry["session_id"] for entry in listed if entry["nifti_loaded"]}


class Watched:
    """A client whose session in the server's own list is known."""

    def __init__(self, image):
        before = session_ids()
        self.client = connect()
        self.buffer = begin(self.client, image)
        (self.session,) = session_ids() - before

    def mask(self, label=1):
        return rest_mask(self.session, self.buffer.shape, label)

    def check(self, label=1):
        assert np.array_equal(self.buffer, self.mask(label)), "the client's buffer is not the server's mask"


def rest_mask(session, shape, label=1):
    frame, _ = rest(f"/api/mask?label={label}", session, accept="application/octet-stream")
    bits = np.frombuffer(zlib.decompress(frame[32:], -15), np.uint8)
    count = int(np.prod(shape))
    return np.unpackbits(bits, count=count, bitorder="little").reshape(shape)


def rest_image(session, shape):
    data = gzip.decompress(rest("/api/image", session)[0])
    (code,) = struct.unpack_from("<h", data, 70)
    dtypes = {2: "u1", 4: "<i2", 8: "<i4", 16: "<f4", 64: "<f8", 256: "i1", 512: "<u2", 768: "<u4"}
    (offset,) = struct.unpack_from("<f", data, 108)
    return np.frombuffer(data, dtypes[code], offset=int(offset)).reshape(shape)


def upload(array, spacing):
    """The array as a NIfTI file with its axes named backwards."""
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, *reversed(array.shape), 1, 1, 1, 1)
    struct.pack_into("<2h", header, 70, {"int16": 4}[array.dtype.name], 8 * array.itemsize)
    struct.pack_into("<8f", header, 76, 1, *reversed(spacing), 1, 1, 1, 1)
    struct.pack_into("<3f", header, 108, 352, 1, 0)
    struct.pack_into("<4s", header, 344, b"n+1\0")
    boundary = "----story"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="scan.nii"\r\n\r\n'.encode()
        + bytes(header)
        + array.tobytes()
        + f"\r\n--{boundary}--\r\n".encode()
    )
    answer, _ = rest("/api/upload", None, "POST", body, f"multipart/form-data; boundary={boundary}")
    return json.loads(answer)["session_id"]


# ---- the cases


def n1():
    refused(401, lambda: Client(URL, api_key=None))
    refused(401, lambda: Client(URL, api_key="wrong-horse"))
    client = connect()
    assert client.ping()
    client.close()


def n2():
    client = connect()
    assert client.ping() is True
    assert client.channel_mapping["points"] == (3, 4) and client.channel_mapping["prev_seg"] == 0
    assert client.supported_interactions["points"] is True and client.supported_interactions["bbox3d"] is False
    assert list(client.preferred_scribble_thickness) == [2, 2, 2]
    assert client.num_interaction_channels == 7 and abs(client.interaction_decay - 0.98) < 1e-9
    assert client.idle_timeout_seconds == 600
    status = client.lease_status()
    assert 500 < status["remaining_seconds"] <= 600 and status["idle_timeout_seconds"] == 600
    assert 500 < client.heartbeat() <= 600
    if hasattr(client, "supports_undo"):
        assert client.supports_undo is True
    if hasattr(client, "license"):
        assert isinstance(client.license, str)
    client.close()
    client.close()


def n3():
    for dtype in [np.int16, np.float32, np.uint8, np.float64, np.bool_, np.uint16, np.int32, np.float16]:
        image = scan(dtype=dtype)
        watched = Watched(image)
        assert watched.client.original_image_shape == image.shape
        kept = rest_image(watched.session, SHAPE)
        assert np.array_equal(kept.astype(np.float64), image[0].astype(np.float64)), f"{dtype} came out different"
        watched.client.close()


def n4():
    client = connect()
    refused(400, lambda: client._post_binary("/set_image", {}, pack_array(scan()[0])))
    refused(400, lambda: client.set_image(np.zeros((1, *SHAPE), np.int16)))
    client.close()


def n5():
    client = connect()
    begin(client, scan())
    for body, status in [
        ({"shape": [20, 25], "dtype": "uint8"}, 400),
        ({"shape": [20, 25, -30], "dtype": "uint8"}, 400),
        ({"shape": [20, 25, 30], "dtype": "float32"}, 400),
        ({"shape": [200_000, 200_000, 200_000], "dtype": "uint8"}, 413),
    ]:
        refused(status, lambda: post(client, "/set_target_buffer", body))
    client.close()


def n6():
    """Needs a model that was trained."""
    shape = (40, 50, 60)
    a, b, c = np.indices(shape)
    image = np.random.default_rng(2).normal(-50, 10, shape)
    centres = [(10 + 20 * (n & 1), 12 + 25 * ((n >> 1) & 1), 14 + 31 * ((n >> 2) & 1)) for n in range(8)]
    balls = [(a - x) ** 2 + (b - y) ** 2 + (c - z) ** 2 < (6 + n % 3) ** 2 for n, (x, y, z) in enumerate(centres)]
    for ball in balls:
        image[ball] += 200
    watched = Watched(image.astype(np.int16)[None])
    for clicked in [1, 6]:
        watched.client.reset_interactions()
        watched.client.add_point_interaction(centres[clicked], True)
        found = [watched.buffer[ball].mean() for ball in balls]
        # With its axes swapped, a click would have hit another ball, or none.
        assert found[clicked] > 0.9, f"the ball clicked at is found to {found[clicked]:.2f}"
        assert all(part < 0.5 for n, part in enumerate(found) if n != clicked), found
    watched.check(2)
    box = getattr(watched.client, "_last_paste_bbox", None)
    if box is not None:
        found = np.argwhere(watched.buffer)
        assert all(low <= least and most < high for (low, high), least, most in zip(box, found.min(0), found.max(0)))
    watched.client.close()


def n7():
    watched = Watched(scan())
    client = watched.client
    client.add_bbox_interaction([[7, 8], [13, 20], [5, 14]], True)
    watched.check()
    client.add_bbox_interaction([[7.0, 8.0], [12.5, 20.5], [-1, 31]], False)
    watched.check()
    refused(400, lambda: client.add_bbox_interaction([[5, 9], [13, 20], [5, 14]], True))
    refused(400, lambda: client.add_bbox_interaction([[5, 5], [13, 20], [5, 14]], True))
    client.add_bbox_interaction([[20, 21], [13, 20], [5, 14]], True)
    watched.check()
    client.close()


def n8():
    watched = Watched(scan())
    client = watched.client
    crop = np.zeros((1, 6, 9), np.uint8)
    crop[0, 2:4, :] = 1
    client.add_scribble_interaction(crop, True, interaction_bbox=[[7, 8], [13, 19], [5, 14]])
    watched.check()
    refused(400, lambda: client.add_scribble_interaction(crop, True, interaction_bbox=[[7, 8], [13, 19], [5, 15]]))
    refused(400, lambda: client.add_scribble_interaction(crop, True, interaction_bbox=[[7, 8], [20, 26], [5, 14]]))
    whole = np.zeros(SHAPE, bool)
    whole[9, 15:17, 6:12] = True
    client.add_scribble_interaction(whole, True)
    watched.check()
    client.add_lasso_interaction(crop.astype(np.float32), True, interaction_bbox=[[8, 9], [13, 19], [5, 14]])
    watched.check()
    client.close()


def n9():
    watched = Watched(scan())
    client = watched.client
    client.add_point_interaction((7, 15, 8), True)
    before = watched.buffer.copy()
    crop = np.ones((1, 3, 4), np.uint8)
    assert client.add_lasso_interaction(crop, False, run_prediction=False, interaction_bbox=[[6, 7], [2, 5], [2, 6]]) is None
    assert np.array_equal(watched.buffer, before)
    client.add_point_interaction((8, 16, 9), True)
    watched.check()
    kinds = [prompt["kind"] for prompt in json.loads(rest("/api/segments", watched.session)[0])["segments"][0]["prompts"]]
    assert kinds == ["point", "lasso", "point"], kinds
    client.close()


def n10():
    for dtype in [bool, np.uint8]:
        watched = Watched(scan())
        client = watched.client
        seed = np.zeros(SHAPE, dtype)
        seed[5:9, 14:20, 6:12] = 1
        assert client.add_initial_seg_interaction(seed) is None
        assert np.array_equal(watched.buffer, seed.astype(np.uint8))
        watched.check()
        client.add_initial_seg_interaction(seed, run_prediction=True)
        watched.check()
        client.close()


def n11():
    watched = Watched(scan())
    client = watched.client
    if not hasattr(client, "undo"):
        client.close()
        return "this client cannot undo"
    assert client.undo() is False
    client.add_point_interaction((7, 15, 8), True)
    before = watched.buffer.copy()
    client.add_point_interaction((12, 4, 20), True)
    assert client.undo() is True
    assert np.array_equal(watched.buffer, before)
    watched.check()
    assert client.undo() is False
    client.add_point_interaction((12, 4, 20), True)
    client.reset_interactions()
    assert not watched.buffer.any()
    assert client.undo() is False
    client.close()


def n12():
    watched = Watched(scan())
    client = watched.client
    for at in [(0, 0, 0), (19, 24, 29), (7.5, 14.6, 8.4), (-1, 3, 3), (4, 25, 3), (1000, 3, 3)]:
        client.add_point_interaction(at, True)
        watched.check()
    client.add_point_interaction(np.array([3.0, 4.0, 5.0]), False)
    watched.check()
    client.close()


def n13():
    """Needs a server all of whose places, eight, are free."""
    clients = [connect() for _ in range(8)]
    try:
        connect()
        raise AssertionError("expected ServerAtCapacityError")
    except ServerAtCapacityError:
        pass
    answer = httpx.post(f"{URL}/claim", headers={"Authorization": f"Bearer {KEY}"} if KEY else {})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10"), answer.headers
    clients.pop().close()
    clients.append(connect())
    for client in clients:
        client.close()


def n14():
    """Needs a server where leases end after 12 idle seconds."""
    client = connect()
    begin(client, scan())
    for _ in range(8):
        time.sleep(2)
        try:
            client.heartbeat()
        except SessionExpiredError:
            break
    expired(lambda: client.add_point_interaction((1, 2, 3), True))
    client.close()


def n15():
    """Needs a server that takes clients for gone after 10 silent seconds."""
    child = subprocess.Popen(
        [sys.executable, __file__, URL, *(["--key", KEY] if KEY else []), "hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        token = child.stdout.readline().strip()
        headers = {"X-Lease-Token": token, "Authorization": f"Bearer {KEY}"}
        look = lambda: httpx.get(f"{URL}/lease_status", headers=headers).status_code
        assert look() == 200
        child.send_signal(signal.SIGSTOP)
        time.sleep(14)
        assert look() == 410, look()
        child.send_signal(signal.SIGCONT)
        child.stdin.write("\n")
        child.stdin.flush()
        assert "expired" in child.stdout.read()
    finally:
        child.kill()
        child.wait()


def hold():
    """The client that `n15` stops."""
    client = connect()
    print(client._lease_token, flush=True)
    sys.stdin.readline()
    expired(lambda: client.set_do_autozoom(True))
    print("expired", flush=True)
    client.close()
    return "held"


def n16():
    """Needs a server whose predictions take ten seconds, and which says so every second."""
    client = connect(read_timeout=4.0)
    buffer = begin(client, scan())
    beats = []
    done = threading.Event()

    def beat():
        while not done.wait(0.5):
            start = time.monotonic()
            client.heartbeat()
            beats.append(time.monotonic() - start)

    thread = threading.Thread(target=beat)
    thread.start()
    start = time.monotonic()
    try:
        client.add_point_interaction((7, 15, 8), True)
    finally:
        done.set()
        thread.join()
    assert time.monotonic() - start > 8
    assert buffer.any()
    assert len(beats) > 5 and sorted(beats)[len(beats) // 2] < 1, beats
    client.close()


def n17():
    """Needs a server that takes clients for gone after 10 silent seconds."""
    client = connect()
    packed = pack_array(scan())

    def slowly():
        pieces = 26
        for n in range(pieces):
            yield packed[n * len(packed) // pieces : (n + 1) * len(packed) // pieces]
            time.sleep(0.5)

    # The client's own heartbeats must not be what keeps it.
    if hasattr(client, "_stop_heartbeat"):
        client._stop_heartbeat.set()
    headers = {"X-Meta": "{}", "Content-Type": "application/octet-stream", "Content-Length": str(len(packed))}
    answer = client._http.post("/set_image", content=slowly(), headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text
    assert client.lease_status()["remaining_seconds"] > 0
    client.close()


def n18():
    one, other = Watched(scan(seed=3)), Watched(scan((18, 22, 27), seed=4))
    for n in range(3):
        one.client.add_point_interaction((5 + n, 14, 8), True)
        other.client.add_point_interaction((4 + n, 12, 7), n != 1)
        one.check()
        other.check()
    assert one.session != other.session
    one.client.close()
    other.client.close()


def n19():
    """Connections are left alone for as long as the client itself keeps them. Needs five places."""
    problems = []

    def pause(seconds):
        try:
            client = connect()
            for _ in range(2):
                client.set_do_autozoom(True)
                time.sleep(seconds)
            client.set_do_autozoom(True)
            client.close()
        except Exception as error:
            problems.append(f"after {seconds} s: {error!r}")

    pauses = [threading.Thread(target=pause, args=(seconds,)) for seconds in [4.0, 4.8, 4.95, 5.0, 5.05]]
    for thread in pauses:
        thread.start()
    for thread in pauses:
        thread.join()
    assert not problems, problems


def n20():
    watched = Watched(scan())
    client = watched.client

    def predict():
        if hasattr(client, "_predict"):
            return client._predict()
        answer = client._post_json("/predict", {"force_full_refine": False})
        client._apply_prediction_response(answer)
        return json.loads(answer.headers["X-Meta"])["bbox"]

    assert client.add_point_interaction((7, 15, 8), True, run_prediction=False) is None
    assert client.add_point_interaction((9, 16, 9), True, run_prediction=False) is None
    assert not watched.buffer.any()
    assert predict() is not None
    assert watched.buffer.any()
    watched.check()
    assert predict() is None
    client.close()


def n21():
    """The server is started anew between the two lines that this prints and reads."""
    client = connect()
    begin(client, scan())
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        client.heartbeat()
    except httpx.TransportError:
        # The old connection; the next call has a new one.
        pass
    except SessionExpiredError:
        pass
    expired(lambda: client.add_point_interaction((1, 2, 3), True))
    client.close()


def story():
    """The same prompts through this protocol and through the server's own API make the same mask, bit for bit."""
    image = scan()
    watched = Watched(image)
    client = watched.client
    session = upload(image[0], (3.0, 2.0, 1.0))

    def prompt(body):
        rest("/api/segments/1/prompts", session, "POST", body)

    def same(what):
        watched.check()
        assert np.array_equal(watched.buffer, rest_mask(session, SHAPE)), f"{what} differs"

    client.add_point_interaction((7, 15, 8), True)
    prompt({"kind": "point", "voxel": [8, 15, 7]})
    same("the first point")
    client.add_bbox_interaction([[8, 9], [12, 22], [4, 15]], True)
    prompt({"kind": "box", "box": [[4, 15], [12, 22], [8, 9]]})
    same("the box")
    client.add_point_interaction((2, 3, 25), False)
    prompt({"kind": "point", "voxel": [25, 3, 2], "positive": False})
    same("the negative point")
    if hasattr(client, "undo"):
        client.undo()
        rest("/api/segments/1/undo", session, "POST")
        same("undo")
    client.set_do_autozoom(False)
    client.add_point_interaction((12, 4, 20), True, run_prediction=False)
    prompt({"kind": "point", "voxel": [20, 4, 12], "predict": False, "autozoom": False})
    client.add_point_interaction((13, 5, 21), True)
    prompt({"kind": "point", "voxel": [21, 5, 13], "autozoom": False})
    same("two points at once")
    client.close()


def codec():
    """U3 of §7.2: what the server writes, the official reader reads."""
    shape = (30, 40, 50)
    watched = Watched(scan(shape))
    for seed in [
        np.zeros(shape, np.uint8),
        np.ones(shape, np.uint8),
        (np.random.default_rng(5).random(shape) > 0.5).astype(np.uint8),
        (np.indices(shape).sum(0) % 7 < 2).astype(np.uint8),
    ]:
        watched.client.reset_interactions()
        watched.client.add_point_interaction((1, 1, 1), True, run_prediction=False)
        watched.client.add_initial_seg_interaction(seed)
        answer = watched.client._post_json("/undo", {})
        meta = json.loads(answer.headers["X-Meta"])
        if meta["bbox"] is not None:
            part = unpack_array(answer.content)
            assert list(part.shape) == meta["shape"] and not part.any()
    label = max(entry["label"] for entry in json.loads(rest("/api/segments", watched.session)[0])["segments"])
    noise = (np.random.default_rng(6).random(shape) > 0.5).astype(np.uint8)
    watched.client.add_initial_seg_interaction(noise)
    # A prompt's answer holds all that others changed, so that the whole of the noise comes back.
    client = watched.client
    client.target_buffer.fill(7)
    rest(f"/api/segments/{label}/reset", watched.session, "POST")
    rest("/api/undo", watched.session, "POST")
    client.add_point_interaction((15, 20, 25), True)
    assert np.array_equal(client.target_buffer, watched.mask(label))
    client.close()


def main():
    global URL, KEY
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("cases", nargs="+")
    parser.add_argument("--key")
    parser.add_argument("--together", action="store_true", help="all cases at once")
    arguments = parser.parse_args()
    URL, KEY = arguments.url, arguments.key

    def run(name):
        start = time.monotonic()
        try:
            note = globals()[name]()
            if note == "held":
                return
            outcome = {"case": name, "ok": True, "note": note}
        except BaseException:
            outcome = {"case": name, "ok": False, "note": traceback.format_exc()[-1500:]}
        outcome["seconds"] = round(time.monotonic() - start, 2)
        print(json.dumps(outcome), flush=True)

    if not arguments.together:
        for name in arguments.cases:
            run(name)
        return
    threads = [threading.Thread(target=run, args=(name,)) for name in arguments.cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
