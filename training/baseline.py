"""A classical interactive baseline: geodesic growth from the prompts, competing with the negative ones, on scikit-image's fast marching paths.

Walking through a voxel costs `step + |intensity - intensity at the prompt|`, so distance grows slowly through tissue like the prompt's.
A voxel is foreground when it is nearer to a positive prompt than `reach` and nearer to it than to any negative prompt. `step` and `reach`
are tuned on the first click in training scans (`python baseline.py DATA`), never on the scored ones.
"""

import numpy as np
from scipy import ndimage
from skimage.graph import MCP_Geometric

from prompts import Prompt, deepest_voxel
from users import region_of

HALF = 44
STEP, REACH = 0.02, 0.5


class Geodesic:
    """Same use as `engine.Engine`: `prompt`, then `predict`; `mask` is the result."""

    def __init__(self, image: np.ndarray, step: float = STEP, reach: float = REACH):
        self.image = ndimage.gaussian_filter(image, 0.7)
        self.step, self.reach = step, reach
        self.near = {True: np.full(image.shape, np.inf, np.float32), False: np.full(image.shape, np.inf, np.float32)}
        self.passes = 0
        self.name = "geodesic"

    def prompt(self, prompt: Prompt) -> None:
        """A point's intensity is that around it; a line, box or contour has its voxels' median, and grows from those near it."""
        if prompt.kind == "point":
            return self.point(prompt.centre, prompt.positive)
        marked = region_of(prompt, self.image.shape)
        intensity = np.median(self.image[marked])
        away = np.abs(self.image - intensity)
        like = marked & (away <= np.median(away[marked]))
        self._grow(np.argwhere(like), intensity, prompt.positive)

    def point(self, voxel: np.ndarray, positive: bool) -> None:
        voxel = np.asarray(voxel)
        around = tuple(slice(max(0, v - 1), v + 2) for v in voxel)
        self._grow(voxel[None], np.median(self.image[around]), positive)

    def _grow(self, seeds: np.ndarray, intensity: float, positive: bool) -> None:
        low = np.maximum(seeds.min(0) - HALF, 0)
        high = np.minimum(seeds.max(0) + HALF, self.image.shape)
        region = tuple(slice(a, b) for a, b in zip(low, high))
        costs = self.step + np.abs(self.image[region] - intensity)
        distance, _ = MCP_Geometric(costs).find_costs([tuple(seed) for seed in seeds - low])
        near = self.near[positive][region]
        np.minimum(near, distance, out=near)

    def predict(self) -> None:
        self.mask = (self.near[True] < self.reach) & (self.near[True] < self.near[False])


def tune(data: str) -> None:
    from pathlib import Path

    from data import read_case, read_cases, read_config, training_cases
    from score import dice

    trials: dict[tuple[float, float], list[float]] = {}
    for case in training_cases(read_cases(Path(data)), read_config()["drawn_subjects_learnt"]):
        if not case.targets or case.id.endswith("aal") or "thirds" in case.id:
            continue
        image, label = read_case(case)
        for target in np.random.default_rng(1).permutation(case.targets)[:6]:
            truth = label == target
            for step in (0.005, 0.02, 0.05):
                tool = Geodesic(image, step)
                tool.point(deepest_voxel(truth), True)
                for reach in (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0):
                    trials.setdefault((step, reach), []).append(dice(tool.near[True] < reach, truth))
    for key, values in sorted(trials.items(), key=lambda item: -np.mean(item[1])):
        print(key, round(float(np.mean(values)), 4), len(values))


if __name__ == "__main__":
    import sys

    tune(sys.argv[1])
