"""Simulated people: the first prompt on an object, corrections at the largest error, and how prompts reach the network.

A prompt's places are voxels of a world, which at zoom z stand for z voxels of the scan each. `draw` renders prompts into a patch as the
engine does (specification sections 5 and 6.1): stamped at the scan's resolution, points and scribbles dilated, then averaged by area.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

DECAY = 0.98
CHANNEL = {"box": 1, "lasso": 1, "point": 3, "scribble": 5}
"""Channel of a positive prompt among the seven of the session; the negative one is the next."""


@dataclass
class Prompt:
    kind: str
    positive: bool
    centre: np.ndarray
    """World voxel the engine centres its patch on."""
    low: np.ndarray | None = None
    """Box: lowest corner; lasso: lowest corner of `mask`."""
    high: np.ndarray | None = None
    mask: np.ndarray | None = None
    path: np.ndarray | None = None
    """Scribble: points along the line, world voxels, float `[m, 3]`."""
    jitter: np.ndarray = field(default_factory=lambda: np.full(3, 0.5))
    """Where inside its world voxel the prompt lies."""


def point_ball(radius: int = 4) -> np.ndarray:
    """Specification 5.3: distance inside the ball to its outside, over its maximum."""
    offsets = np.mgrid[-radius : radius + 1, -radius : radius + 1, -radius : radius + 1]
    ball = (offsets**2).sum(0) <= radius**2
    distance = ndimage.distance_transform_edt(ball)
    return (distance / distance.max()).astype(np.float32)


BALL = point_ball()


def dilation_edge(zoom: float) -> int:
    """Specification 6.2."""
    n = 2 * zoom - 1
    up, down = int(np.ceil(n)), int(np.floor(n))
    return up if up % 2 else down if down % 2 else up + 1


def area_weights(length: int, patch: int, low: int, high: int) -> tuple[int, np.ndarray]:
    """Area resizing of an axis from `length` to `patch` voxels: the averaging matrix for the input range `[low, high)` alone,
    and the first output voxel it touches."""
    d = np.arange(patch)
    starts, ends = d * length // patch, -(-(d + 1) * length // patch)
    touched = np.flatnonzero((ends > low) & (starts < high))
    if touched.size == 0:
        return 0, np.zeros((0, high - low), np.float32)
    weights = np.zeros((touched.size, high - low), np.float32)
    for row, d in enumerate(touched):
        a, b = max(starts[d], low), min(ends[d], high)
        weights[row, a - low : b - low] = 1 / (ends[d] - starts[d])
    return int(touched[0]), weights


def stamp(channel: np.ndarray, window: np.ndarray, low: np.ndarray, scaled: int, strength: float) -> None:
    """Average a window of the scaled patch into the patch and keep the larger value."""
    first, matrices = [], []
    for axis in range(3):
        a, weights = area_weights(scaled, channel.shape[axis], int(low[axis]), int(low[axis]) + window.shape[axis])
        if weights.shape[0] == 0:
            return
        first.append(a)
        matrices.append(weights)
    small = np.einsum("az,zyx->ayx", matrices[0], window)
    small = np.einsum("by,ayx->abx", matrices[1], small)
    small = np.einsum("cx,abx->abc", matrices[2], small) * strength
    region = tuple(slice(a, a + n) for a, n in zip(first, small.shape))
    channel[region] = np.maximum(channel[region], small)


def draw(prompts: list[Prompt], origin: np.ndarray, zoom: float, patch: int) -> np.ndarray:
    """Channels 1 to 6 of the session (`[6, patch, patch, patch]`) for the patch whose first voxel is world voxel `origin`."""
    channels = np.zeros((6, patch, patch, patch), np.float32)
    scaled = int(np.round(patch * zoom))
    edge = dilation_edge(zoom) if zoom != 1 else 1

    def place(world: np.ndarray, jitter: np.ndarray) -> np.ndarray:
        return np.floor((world - origin + jitter) * (scaled / patch)).astype(int)

    for age, prompt in enumerate(reversed(prompts)):
        strength = DECAY**age
        channel = channels[CHANNEL[prompt.kind] - 1 + (not prompt.positive)]
        if prompt.kind == "point":
            pad = edge // 2
            window = np.pad(BALL, pad)
            if edge > 1:
                window = ndimage.maximum_filter(window, edge)
            stamp(channel, window, place(prompt.centre, prompt.jitter) - 4 - pad, scaled, strength)
        elif prompt.kind == "scribble":
            places = place(prompt.path, prompt.jitter)
            places = places[((places >= -8) & (places < scaled + 8)).all(1)]
            if places.size == 0:
                continue
            pad = edge // 2
            low = places.min(0) - pad
            window = np.zeros(places.max(0) - low + 2 + pad, np.float32)
            for corner in np.ndindex(2, 2, 2):
                window[tuple((places - low + corner).T)] = 1
            if edge > 1:
                window = ndimage.maximum_filter(window, edge)
            stamp(channel, window, low, scaled, strength)
        elif prompt.kind == "box":
            flat = (prompt.high - prompt.low) == 1
            low = place(prompt.low, np.where(flat, prompt.jitter, 0))
            high = np.where(flat, low + 1, place(prompt.high, np.zeros(3)))
            low, high = np.maximum(low, 0), np.minimum(high, scaled)
            if (high <= low).any():
                continue
            stamp(channel, np.ones(high - low, np.float32), low, scaled, strength)
        else:
            stamp_lasso(channel, prompt, origin, scaled, strength)
    # In half precision, as a session keeps them: likeness asks which of the values are equal.
    return channels.astype(np.float16).astype(np.float32)


def stamp_lasso(channel: np.ndarray, prompt: Prompt, origin: np.ndarray, scaled: int, strength: float) -> None:
    axis = int(np.argmin(prompt.mask.shape))
    patch = channel.shape[0]
    place = int(np.floor((prompt.low[axis] - origin[axis] + prompt.jitter[axis]) * (scaled / patch)))
    first, weights = area_weights(scaled, patch, place, place + 1)
    if weights.shape[0] == 0:
        return
    start = np.array(prompt.low - origin)
    ends = start + prompt.mask.shape
    a, b = np.maximum(start, 0), np.minimum(ends, patch)
    keep = [slice(x, y) for x, y in zip(a - start, b - start)]
    keep[axis] = slice(None)
    flat = [k for k in range(3) if k != axis]
    if (b[flat] <= a[flat]).any():
        return
    mask = prompt.mask[tuple(keep)] * strength
    for row, weight in enumerate(weights[:, 0]):
        region = [slice(x, y) for x, y in zip(a, b)]
        region[axis] = slice(first + row, first + row + 1)
        region = tuple(region)
        channel[region] = np.maximum(channel[region], mask * weight)


def deepest_voxel(mask: np.ndarray) -> np.ndarray:
    """The voxel of `mask` farthest from its border."""
    places = np.argwhere(mask)
    low, high = places.min(0), places.max(0) + 1
    part = np.pad(mask[tuple(slice(a, b) for a, b in zip(low, high))], 1)
    depth = ndimage.distance_transform_edt(part)
    return np.array(np.unravel_index(depth.argmax(), depth.shape)) - 1 + low


def deep_voxel(rng: np.random.Generator, mask: np.ndarray, deepest: float) -> np.ndarray:
    """A voxel of `mask`: with probability `deepest` the one farthest from the border, otherwise any."""
    if rng.random() < deepest:
        return deepest_voxel(mask)
    places = np.argwhere(mask)
    return places[rng.integers(len(places))]


def largest_part(mask: np.ndarray) -> np.ndarray:
    regions, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    return regions == sizes.argmax()


def make_prompt(rng: np.random.Generator, region: np.ndarray, kind: str, positive: bool, deepest: float) -> Prompt:
    """A prompt of `kind` on `region` (bool, world): a point in it, a line along it, or a contour or box of one of its slices."""
    centre = deep_voxel(rng, region, deepest)
    jitter = rng.random(3)
    if kind == "point":
        return Prompt("point", positive, centre, jitter=jitter)
    axis = int(rng.integers(3))
    index = [slice(None)] * 3
    index[axis] = centre[axis]
    section = region[tuple(index)]
    flat_places = np.argwhere(largest_part(section))
    if kind == "scribble":
        return scribble(rng, flat_places, axis, centre, positive, jitter)
    lo, hi = flat_places.min(0), flat_places.max(0) + 1
    slack = rng.integers(-1, 3, 4) if kind == "box" else np.zeros(4, int)
    low = np.insert(np.maximum(lo - slack[:2], 0), axis, centre[axis])
    high = np.insert(np.minimum(np.maximum(hi + slack[2:], lo + 1), section.shape), axis, centre[axis] + 1)
    if kind == "box":
        middle = np.round((low + high) / 2).astype(int)
        return Prompt("box", positive, middle, low=low, high=high, jitter=jitter)
    outline = np.zeros(section.shape, bool)
    outline[tuple(flat_places.T)] = True
    if rng.random() < 0.5:
        outline = ndimage.gaussian_filter(outline.astype(np.float32), 1.0) > rng.uniform(0.35, 0.6)
    if not outline.any():
        return Prompt("point", positive, centre, jitter=jitter)
    places = np.argwhere(outline)
    lo, hi = places.min(0), places.max(0) + 1
    mask = np.expand_dims(outline[lo[0] : hi[0], lo[1] : hi[1]], axis).astype(np.float32)
    low = np.insert(lo, axis, centre[axis])
    middle = np.round(low + np.array(mask.shape) / 2).astype(int)
    return Prompt("lasso", positive, middle, low=low, mask=mask, jitter=jitter)


def scribble(rng: np.random.Generator, places: np.ndarray, axis: int, centre: np.ndarray, positive: bool, jitter: np.ndarray) -> Prompt:
    """A line through a section: its voxels sorted along a random direction, averaged in bins, so that it bends with the shape."""
    angle = rng.uniform(0, np.pi)
    along = places @ np.array([np.cos(angle), np.sin(angle)])
    low, high = np.quantile(along, rng.uniform(0.05, 0.3)), np.quantile(along, rng.uniform(0.7, 0.95))
    edges = np.linspace(low, high + 1e-6, int(max(2, (high - low) / 4)) + 1)
    nodes = []
    for a, b in zip(edges[:-1], edges[1:]):
        here = places[(along >= a) & (along <= b)]
        if len(here):
            nodes.append(0.8 * here.mean(0) + 0.2 * here[rng.integers(len(here))])
    if not nodes:
        nodes = [places[rng.integers(len(places))].astype(float)]
    dense = [np.array(nodes[:1], float)]
    for a, b in zip(nodes[:-1], nodes[1:]):
        steps = int(np.ceil(np.abs(b - a).max() * 4)) + 1
        dense.append(a + np.linspace(0, 1, steps)[:, None] * (b - a))
    path = np.insert(np.concatenate(dense), axis, centre[axis], axis=1)
    middle = np.round((path.min(0) + path.max(0) + 1) / 2).astype(int)
    return Prompt("scribble", positive, middle, path=path, jitter=np.zeros(3) + jitter[axis] * (np.arange(3) == axis))


def first_prompt(rng: np.random.Generator, truth: np.ndarray) -> Prompt:
    kind = str(rng.choice(["point", "box", "scribble", "lasso"], p=[0.73, 0.09, 0.09, 0.09]))
    return make_prompt(rng, truth, kind, True, deepest=0.6)


def correction(rng: np.random.Generator, truth: np.ndarray, mask: np.ndarray, seen: np.ndarray) -> Prompt | None:
    """A prompt on the largest error inside `seen`: positive where the object was missed, negative where it was overdrawn."""
    missed, extra = truth & ~mask & seen, mask & ~truth & seen
    parts = [largest_part(m) if m.any() else m for m in (missed, extra)]
    sizes = [int(p.sum()) for p in parts]
    if max(sizes) < 3:
        return None
    which = int(sizes[1] > sizes[0])
    kind = str(rng.choice(["point", "scribble", "lasso", "box"], p=[0.7, 0.13, 0.12, 0.05]))
    return make_prompt(rng, parts[which], kind, which == 0, deepest=0.65)
