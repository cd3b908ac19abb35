"""Simulated users who are scored: the first prompt of a kind, then points at the largest error.

Arrays are `[k, j, i]`. Where chance has a say (how a line runs, how loose a box is) it follows from the object, so that every tool is given
the same first prompt.
"""

import numpy as np

from prompts import Prompt, deepest_voxel, largest_part, make_prompt

KINDS = ("point", "scribble", "box", "lasso")


def point(voxel: np.ndarray, positive: bool) -> Prompt:
    return Prompt("point", bool(positive), np.asarray(voxel))


def first_prompt(truth: np.ndarray, kind: str) -> Prompt:
    """At the deepest voxel of the object's largest part: a point there, or a line, box or contour in a slice through it."""
    part = largest_part(truth)
    if kind == "point":
        return point(deepest_voxel(part), True)
    return make_prompt(np.random.default_rng(int(truth.sum())), part, kind, True, deepest=1.0)


def next_point(truth: np.ndarray, mask: np.ndarray) -> Prompt | None:
    """At the deepest voxel of the largest connected error: positive where the object was missed, negative where it was overdrawn."""
    missed, extra = truth & ~mask, mask & ~truth
    if not missed.any() and not extra.any():
        return None
    parts = [largest_part(m) if m.any() else m for m in (missed, extra)]
    positive = parts[0].sum() >= parts[1].sum()
    return point(deepest_voxel(parts[0] if positive else parts[1]), positive)


def region_of(prompt: Prompt, shape: tuple[int, ...]) -> np.ndarray:
    """The voxels that a line, box or contour marks."""
    region = np.zeros(shape, bool)
    if prompt.kind == "scribble":
        places = np.floor(prompt.path).astype(int)
        for corner in np.ndindex(2, 2, 2):
            region[tuple(np.minimum(places + corner, np.array(shape) - 1).T)] = True
        return region
    low, extent = (prompt.low, prompt.high - prompt.low) if prompt.kind == "box" else (prompt.low, prompt.mask.shape)
    where = tuple(slice(a, a + n) for a, n in zip(low, extent))
    region[where] = True if prompt.kind == "box" else prompt.mask > 0
    return region
