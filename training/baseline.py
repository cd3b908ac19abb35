"""A classical interactive baseline: geodesic growth from the prompts, competing with the negative ones, on scikit-image's fast marching paths.

Walking through a voxel costs `step + |intensity - intensity at the prompt|`, so distance grows slowly through tissue like the prompt's.
A voxel is foreground when it is nearer to a positive prompt than `reach` and nearer to it than to any negative prompt. `step` and `reach`
are tuned on the first click in training scans (`python baseline.py DATA`), never on the scored ones.
"""

import numpy as np
from scipy import ndimage
from skimage.graph import MCP_Geometric

HALF = 44
STEP, REACH = 0.02, 0.5


class Geodesic:
    """Same use as `engine.Engine`: prompt with `point`, then `predict`; `mask` is the result."""

    def __init__(self, image: np.ndarray, step: float = STEP, reach: float = REACH):
        self.image = ndimage.gaussian_filter(image, 0.7)
        self.step, self.reach = step, reach
        self.near = {True: np.full(image.shape, np.inf, np.float32), False: np.full(image.shape, np.inf, np.float32)}
        self.passes = 0

    def point(self, voxel: np.ndarray, positive: bool) -> None:
        voxel = np.asarray(voxel)
        low, high = np.maximum(voxel - HALF, 0), np.minimum(voxel + HALF, self.image.shape)
        region = tuple(slice(a, b) for a, b in zip(low, high))
        part = self.image[region]
        around = tuple(slice(max(0, v - 1), v + 2) for v in voxel - low)
        costs = self.step + np.abs(part - np.median(part[around]))
        distance, _ = MCP_Geometric(costs).find_costs([tuple(voxel - low)])
        near = self.near[positive][region]
        np.minimum(near, distance, out=near)

    def predict(self) -> None:
        self.mask = (self.near[True] < self.reach) & (self.near[True] < self.near[False])


def tune(data: str) -> None:
    from pathlib import Path

    from data import read_case, read_cases, read_config, training_cases
    from score import deepest, dice

    trials: dict[tuple[float, float], list[float]] = {}
    for case in training_cases(read_cases(Path(data)), read_config()["drawn_subjects_learnt"]):
        if not case.targets or case.id.endswith("aal") or "thirds" in case.id:
            continue
        image, label = read_case(case)
        for target in np.random.default_rng(1).permutation(case.targets)[:6]:
            truth = label == target
            for step in (0.005, 0.02, 0.05):
                tool = Geodesic(image, step)
                tool.point(deepest(truth), True)
                for reach in (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0):
                    trials.setdefault((step, reach), []).append(dice(tool.near[True] < reach, truth))
    for key, values in sorted(trials.items(), key=lambda item: -np.mean(item[1])):
        print(key, round(float(np.mean(values)), 4), len(values))


if __name__ == "__main__":
    import sys

    tune(sys.argv[1])
