"""Septum beside the official server: receiving a 512×512×300 int16 scan, and a click in it beyond the network's pass.

    python bench/nninteractive.py http://127.0.0.1:1527=PID_OFFICIAL http://127.0.0.1:8000=PID_SEPTUM

Both servers run on this machine with the same model folder, one whose passes cost next to nothing
(fixtures/graphs/plain/model), and are called in turn. Needs nninteractive-client. Prints one line per figure, official first.
"""

import statistics
import sys
import time

import numpy as np

from nnInteractive.inference.remote.remote_session import nnInteractiveRemoteInferenceSession
from nnInteractive.inference.remote.serialization import pack_array

ROUNDS = 5
CLICKS = 20
SHAPE = (300, 512, 512)


def scan():
    """Like bench/synthetic.ts: air around a body, noise of 12 units everywhere."""
    z, y, x = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    body = ((x / 512 - 0.5) / 0.42) ** 2 + ((y / 512 - 0.5) / 0.34) ** 2 < 1
    values = np.where(body, 40, -1000) + np.random.default_rng(1).normal(0, 12, SHAPE)
    return values.astype(np.int16)[None]


def memory(pid, field):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field))


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


class Server:
    def __init__(self, argument):
        self.url, self.pid = argument.rsplit("=", 1)
        self.received, self.ready, self.clicks, self.peak, self.held = [], [], [], [], []

    def round(self, packed):
        client = nnInteractiveRemoteInferenceSession(self.url, read_timeout=600)
        before = memory(self.pid, "VmRSS")
        forget_peak(self.pid)
        start = time.perf_counter()
        client._post_binary("/set_image", {"image_properties": {"spacing": [1, 0.7, 0.7]}}, packed, timeout=600)
        self.received.append(time.perf_counter() - start)
        client.set_target_buffer(np.zeros(SHAPE, np.uint8))
        client.set_do_autozoom(False)
        client.add_point_interaction((150, 256, 256), True)
        self.ready.append(time.perf_counter() - start)
        self.peak.append(memory(self.pid, "VmHWM") - before)
        for n in range(CLICKS):
            at = (60 + n * 29 % 180, 180 + n * 53 % 150, 150 + n * 37 % 200)
            start = time.perf_counter()
            client.add_point_interaction(at, n % 5 != 4)
            self.clicks.append(time.perf_counter() - start)
        self.held.append(memory(self.pid, "VmRSS") - before)
        client.close()


def main():
    servers = [Server(argument) for argument in sys.argv[1:]]
    packed = pack_array(scan())
    print(f"packed: {len(packed) / 2**20:.0f} MiB of {np.prod(SHAPE) * 2 / 2**20:.0f} MiB")
    for _ in range(ROUNDS):
        for server in servers:
            server.round(packed)
    for what, of, unit, scale in [
        ("set_image answered", lambda server: server.received, "s", 1),
        ("first point answered", lambda server: server.ready, "s", 1),
        ("click, one pass of about a millisecond", lambda server: server.clicks, "ms", 1000),
        ("memory at peak, beyond that before (first round)", lambda server: server.peak[:1], "MiB", 1),
        ("memory held after the clicks, beyond that before (first round)", lambda server: server.held[:1], "MiB", 1),
    ]:
        figures = [scale * statistics.median(of(server)) for server in servers]
        ratio = f", ratio {figures[1] / figures[0]:.2f}" if len(figures) == 2 else ""
        print(f"{what}: " + " and ".join(f"{figure:.2f} {unit}" for figure in figures) + ratio)


if __name__ == "__main__":
    main()
