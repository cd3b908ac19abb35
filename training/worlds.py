"""A world: a cube of image around one object, a little larger than the network's patch, on the grid of one zoom-out level.

World number `n` of seed `s` is always the same, whoever makes it and in whatever order.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from prompts import largest_part
from scans import Scan
from synth import blob_map, neighbours, paint, paste_lesion, shape_map

ZOOMS = (1.0, 1.5, 2.25, 3.375, 4.0)
MIN_OBJECT = 200
# Mostly what is seen zoomed out is large there too, since it has reached the border of a patch. But a mistake reaches it as well.
MIN_ZOOMED_OBJECT = 60


@dataclass
class World:
    image: np.ndarray
    """float32 `[n, n, n]`, normalised; 0 outside the scan."""
    truth: np.ndarray
    """bool `[n, n, n]`."""
    zoom: float
    source: str
    ambiguous: bool = False
    """Nothing in the image tells how far the object goes; only corrections can."""


def sampling_grid(rng: np.random.Generator, shape: tuple[int, ...], centre: np.ndarray, size: int, step: np.ndarray, bend: bool) -> torch.Tensor:
    """Where a `size` cube around `centre` (voxels of a volume of `shape`) reads the volume, as `grid_sample` wants it."""
    order = rng.permutation(3) if rng.random() < 0.3 else np.arange(3)
    matrix = np.zeros((3, 3))
    matrix[np.arange(3), order] = rng.choice([-1.0, 1.0], 3)
    if rng.random() < 0.4:
        angle = rng.normal(0, 0.2, 3)
        cross = np.array([[0, -angle[2], angle[1]], [angle[2], 0, -angle[0]], [-angle[1], angle[0], 0]])
        matrix = matrix @ (np.eye(3) + cross)
    matrix = matrix * (step * np.exp(rng.normal(0, 0.15, 3)))[None]
    axis = torch.arange(size, dtype=torch.float32) - (size - 1) / 2
    points = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1)
    if bend:
        cells = int(rng.integers(3, 8))
        shift = torch.from_numpy(rng.standard_normal((1, 3, cells, cells, cells), dtype=np.float32)) * float(rng.uniform(0.5, 3))
        points = points + F.interpolate(shift, size=(size,) * 3, mode="trilinear", align_corners=True)[0].permute(1, 2, 3, 0)
    where = points @ torch.from_numpy(matrix.T.astype(np.float32)) + torch.from_numpy(centre.astype(np.float32))
    extent = torch.tensor(shape, dtype=torch.float32)
    return ((2 * where + 1) / extent - 1).flip(-1)[None]


def crop_around(volume: np.ndarray, centre: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """The part of a volume within `reach` voxels of `centre`, and the centre in it."""
    low = np.maximum(np.floor(centre - reach).astype(int), 0)
    high = np.minimum(np.ceil(centre + reach).astype(int) + 1, volume.shape)
    return volume[tuple(slice(a, b) for a, b in zip(low, high))], centre - low


def resample(volume: np.ndarray, grid: torch.Tensor, mode: str) -> np.ndarray:
    tensor = torch.from_numpy(np.ascontiguousarray(volume, dtype=np.float32))[None, None]
    return F.grid_sample(tensor, grid, mode=mode, padding_mode="zeros", align_corners=False)[0, 0].numpy()


def middle_part(mask: np.ndarray) -> np.ndarray:
    """The connected part at the middle of the cube, or the largest one. What looks the same elsewhere is not the object."""
    regions, count = ndimage.label(mask)
    if count <= 1:
        return mask
    middle = regions[tuple(n // 2 for n in mask.shape)]
    return regions == (middle or 1 + int(np.bincount(regions.ravel())[1:].argmax()))


def mirrored(rng: np.random.Generator, world: World) -> World:
    """The same world seen from elsewhere: axes turned around, now and then swapped. Most scans are stacks along the first axis."""
    order = tuple(rng.permutation(3)) if rng.random() < 0.3 else (0, 1, 2)
    turn = tuple(slice(None, None, int(step)) for step in rng.choice([-1, 1], 3))
    image, truth = (np.ascontiguousarray(a.transpose(order)[turn]) for a in (world.image, world.truth))
    return World(image, truth, world.zoom, world.source, world.ambiguous)


def halved(rng: np.random.Generator, world: World) -> None:
    """Keep what is on one side of a plane through the object, as people part what is one in the image: head and tail, two segments."""
    places = np.argwhere(world.truth)
    normal = rng.standard_normal(3)
    along = places @ normal
    keep = along < np.quantile(along, rng.uniform(0.3, 0.7))
    truth = np.zeros_like(world.truth)
    truth[tuple(places[keep].T)] = True
    world.truth, world.ambiguous = largest_part(truth), True


def pick_voxel(rng: np.random.Generator, labels: np.ndarray, values: np.ndarray, sizes: np.ndarray) -> tuple[int, np.ndarray]:
    """A label of `values`, large ones somewhat likelier, and one of its voxels."""
    weights = sizes**0.4
    value = int(rng.choice(values, p=weights / weights.sum()))
    places = np.flatnonzero(labels.ravel() == value)
    return value, np.array(np.unravel_index(places[rng.integers(places.size)], labels.shape), float)


def thickness(rng: np.random.Generator, share: float) -> np.ndarray:
    """How much longer a voxel is along each axis than along the shortest: with probability `share` one axis has thick slices."""
    stretch = np.ones(3)
    if rng.random() < share:
        stretch[rng.choice(3, p=(0.6, 0.2, 0.2))] = np.exp(rng.uniform(np.log(1.5), np.log(7)))
    return stretch


def from_scan(rng: np.random.Generator, scans: list[Scan], size: int, zoom: float, kind: str, contrast: float, thick: float) -> World | None:
    weights = np.array([scan.weight if kind != "named" or scan.named else 0 for scan in scans])
    scan = scans[rng.choice(len(scans), p=weights / weights.sum())]
    maps = {"painted": scan.shapes, "named": scan.named}.get(kind, scan.objects)
    if not maps:
        return None
    labels = maps[rng.integers(len(maps))]
    values, sizes = scan.values[id(labels)]
    if values.size == 0:
        return None
    value, centre = pick_voxel(rng, labels, values, sizes)
    stretch = thickness(rng, 0 if scan.thick else thick)
    step = zoom * float(np.exp(rng.uniform(np.log(0.5), np.log(1.35)))) * stretch
    reach = size * step.max() * 1.1 + 12
    part, _ = crop_around(labels, centre, reach)
    image, local = crop_around(scan.image, centre, reach)
    grid = sampling_grid(rng, image.shape, local, size, step, bend=rng.random() < 0.4)
    if kind == "painted":
        label_cube = resample(part, grid, "nearest").astype(np.int32)
        return painted(rng, label_cube, value, contrast, zoom, f"painted {scan.id}")
    cube = resample(image, grid, "bilinear")
    if kind == "lesion":
        cube, truth = paste_lesion(rng, cube, size / 2 + rng.normal(0, 8, 3), stretch)
        return World(cube, truth, zoom, f"lesion {scan.id}")
    truth = middle_part(resample(part == value, grid, "nearest") > 0.5)
    return World(cube, truth, zoom, f"{kind} {scan.id}")


def painted(rng: np.random.Generator, labels: np.ndarray, value: int, contrast: float, zoom: float, source: str) -> World | None:
    """The object `value` of a label map in an image made for it; now and then one with a neighbour, so that it has two intensities."""
    values = [value]
    beside = neighbours(labels, value) if rng.random() < 0.25 else []
    if len(beside):
        values.append(int(rng.choice(beside)))
    truth = middle_part(np.isin(labels, values))
    if not truth.any():
        return None
    return World(paint(rng, labels, value, contrast), truth, zoom, source, ambiguous=len(values) > 1)


def from_shapes(rng: np.random.Generator, size: int, zoom: float, contrast: float, thick: float) -> World | None:
    if rng.random() < 0.2:
        labels = blob_map(rng, size)
        target = int(labels[size // 2, size // 2, size // 2])
    else:
        labels, objects = shape_map(rng, size, thickness(rng, thick))
        if not objects:
            return None
        target = objects[rng.integers(len(objects))]
    return painted(rng, labels, target, contrast, zoom, "shapes")


def limit_view(rng: np.random.Generator, world: World) -> None:
    """Leave only a box of the image, as in a small crop; half the time with the statistics of that box."""
    where = np.argwhere(world.truth)
    middle = where[rng.integers(len(where))]
    extent = rng.integers(30, 90, 3)
    if rng.random() < 0.6:  # a stack of few slices
        extent = np.full(3, 2 * max(world.truth.shape))
        extent[rng.integers(3)] = rng.integers(10, 45)
    low = middle - (extent * rng.uniform(0.2, 0.8, 3)).astype(int)
    inside = np.zeros(world.truth.shape, bool)
    inside[tuple(slice(max(0, a), max(0, a + n)) for a, n in zip(low, extent))] = True
    if rng.random() < 0.7:
        view = world.image[inside]
        world.image = (world.image - view.mean()) / (view.std() + 1e-3)
    world.image = np.where(inside, world.image, 0).astype(np.float32)
    world.truth &= inside


def vary_intensity(rng: np.random.Generator, world: World) -> None:
    image = world.image
    scan_edge = image == 0
    if rng.random() < 0.15:
        image = -image
    if rng.random() < 0.3:
        image = np.sign(image) * np.abs(image) ** np.float32(np.exp(rng.normal(0, 0.25)))
    if rng.random() < 0.25:
        image = ndimage.gaussian_filter(image, rng.uniform(0, 1.2, 3))
    image = image * np.float32(np.exp(rng.normal(0, 0.35))) + np.float32(rng.normal(0, 0.4))
    if rng.random() < 0.5:
        image = image + np.float32(rng.uniform(0, 0.15)) * rng.standard_normal(image.shape, dtype=np.float32)
    world.image = np.where(scan_edge, 0, image).astype(np.float32)


def make_world(seed: int, number: int, scans: list[Scan], config: dict) -> World:
    """World `number` of `seed`. `config` gives `world_size`, `mix` (weights of the kinds), `min_contrast`, `thick_share` and `halved_share`."""
    rng = np.random.default_rng([seed, number])
    size = config["world_size"]
    kinds = list(config["mix"])
    weights = np.array([config["mix"][kind] for kind in kinds], float)
    while True:
        zoom = 1.0 if rng.random() < config["unzoomed_share"] else float(rng.choice(ZOOMS[1:], p=(0.4, 0.3, 0.15, 0.15)))
        contrast = float(np.exp(rng.uniform(np.log(config["min_contrast"]), np.log(1.5))))
        kind = str(rng.choice(kinds, p=weights / weights.sum()))
        if kind == "shapes":
            world = from_shapes(rng, size, zoom, contrast, config["thick_share"])
        else:
            world = from_scan(rng, scans, size, zoom, kind, contrast, config["thick_share"])
        smallest = MIN_OBJECT if zoom == 1 else MIN_ZOOMED_OBJECT
        if world is None or world.truth.sum() < smallest:
            continue
        if kind in ("shapes", "painted") or rng.random() < 0.5:
            vary_intensity(rng, world)
        if rng.random() < 0.35:
            limit_view(rng, world)
        if kind != "named" and rng.random() < config["halved_share"] and world.truth.any():
            halved(rng, world)
        world.image = world.image.astype(np.float32, copy=False)
        filled = world.truth.sum()
        if smallest <= filled < 0.6 * world.truth.size and np.isfinite(world.image).all():
            return world
