"""Synthetic images: bodies, layers, tubes and blobs on a small grid, or the shapes of a real label map, painted with random contrast."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage


def smooth_noise(rng: np.random.Generator, size: int, cells: int, channels: int = 1) -> np.ndarray:
    """`[channels, size, size, size]` float32 noise of unit variance that varies over about `size / cells` voxels."""
    coarse = torch.from_numpy(rng.standard_normal((1, channels, cells, cells, cells), dtype=np.float32))
    fine = F.interpolate(coarse, size=(size, size, size), mode="trilinear", align_corners=True)[0].numpy()
    return fine / (fine.std() + 1e-6)


def rotation(rng: np.random.Generator) -> np.ndarray:
    q, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    return q


def blob_map(rng: np.random.Generator, size: int) -> np.ndarray:
    """A map whose labels fill space: at each voxel the strongest of several smooth noise fields."""
    fields = smooth_noise(rng, size, int(rng.integers(3, 12)), int(rng.integers(3, 8)))
    return fields.argmax(0).astype(np.int32)


def body(rng: np.random.Generator, grid: np.ndarray, centre: np.ndarray, radius: float) -> np.ndarray:
    """Signed field, negative inside a warped ellipsoid or superellipsoid. `grid` is `[3, n, n, n]` in voxels."""
    axes = radius * np.exp(rng.normal(0, 0.35, 3))
    turned = np.tensordot(rotation(rng), grid - centre[:, None, None, None], 1) / axes[:, None, None, None]
    power = rng.choice([2.0, 2.0, 2.0, 4.0, 1.2])
    field = (np.abs(turned) ** power).sum(0) ** (1 / power) - 1
    warp = rng.uniform(0, 0.35)
    return field + warp * smooth_noise(rng, grid.shape[1], int(rng.integers(4, 14)))[0]


def copies_of(rng: np.random.Generator, mask: np.ndarray) -> np.ndarray:
    """The same shape at one to four other places, at least two voxels away from the first."""
    size = mask.shape[0]
    copies = np.zeros_like(mask)
    where = np.argwhere(mask)
    extent = where.max(0) - where.min(0) + 4
    for _ in range(int(rng.integers(1, 5))):
        shift = rng.uniform(-0.5, 0.5, 3) * size
        axis = rng.integers(3)
        shift[axis] = rng.choice([-1, 1]) * extent[axis] * rng.uniform(1, 1.6)
        shift = np.round(shift).astype(int)
        low, high = np.maximum(where.min(0) + shift, 0), np.minimum(where.max(0) + 1 + shift, size)
        if (high > low).all():
            from_here = tuple(slice(a, b) for a, b in zip(low - shift, high - shift))
            copies[tuple(slice(a, b) for a, b in zip(low, high))] |= mask[from_here]
    return copies & ~ndimage.binary_dilation(mask, iterations=2)


def tube(rng: np.random.Generator, size: int, centre: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """Distance, in units of which a voxel is `stretch` long, to a wandering curve through `centre`."""
    steps, points = 400, []
    for sign in (1, -1):
        position, direction = centre.astype(float).copy(), sign * rng.standard_normal(3)
        bend = rng.uniform(0.02, 0.15)
        for _ in range(steps // 2):
            direction = direction / np.linalg.norm(direction) + bend * rng.standard_normal(3)
            position = position + 0.7 * direction / np.linalg.norm(direction)
            points.append(position.copy())
    index = np.round((np.array(points) - size / 2) / stretch + size / 2).astype(int)
    index = index[((index >= 0) & (index < size)).all(1)]
    free = np.ones((size, size, size), bool)
    free[tuple(index.T)] = False
    return ndimage.distance_transform_edt(free, sampling=stretch).astype(np.float32)


def stretched_grid(size: int, stretch: np.ndarray) -> np.ndarray:
    """Places of a cube's voxels, `[3, n, n, n]` float32, when a voxel is `stretch` units long and the middle stays."""
    grid = np.mgrid[:size, :size, :size].astype(np.float32) - np.float32(size / 2)
    return grid * stretch.astype(np.float32)[:, None, None, None] + np.float32(size / 2)


def shape_map(rng: np.random.Generator, size: int, stretch: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Label map of bodies over a background, and the labels that are objects. One voxel is `stretch` times as far along each axis as
    a shape's own unit, so that thick slices show a body in a few of them."""
    grid = stretched_grid(size, stretch)
    labels = blob_map(rng, size) if rng.random() < 0.5 else np.zeros((size, size, size), np.int32)
    objects: list[int] = []
    for n in range(int(rng.integers(2, 7))):
        last_label = 100 + 3 * n
        centre = (rng.uniform(0.1, 0.9, 3) - 0.5) * size * stretch + size / 2
        radius = np.exp(rng.uniform(np.log(4), np.log(48)))
        kind = rng.random()
        if kind < 0.75:
            field = body(rng, grid, centre, radius)
            labels[field < 0] = last_label
            if rng.random() < 0.5 and radius < 24 and (field < 0).any():
                labels[copies_of(rng, field < 0)] = 200 + n
            if rng.random() < 0.3 and radius > 7:
                labels[(field < 0) & (field > -rng.uniform(0.15, 0.4))] = last_label + 1
            if rng.random() < 0.2 and radius > 9:
                labels[field < -0.6] = last_label + 2
        else:
            labels[tube(rng, size, centre, stretch) < rng.uniform(1.5, 7)] = last_label
        objects += [last_label, last_label + 1, last_label + 2]
    sizes = np.bincount(labels.ravel(), minlength=300)
    return labels, [value for value in objects if sizes[value] >= 60]


def neighbours(labels: np.ndarray, target: int) -> np.ndarray:
    """The labels that make up at least a twentieth of the border of `target`."""
    mask = labels == target
    beside = labels[ndimage.binary_dilation(mask) & ~mask]
    values, counts = np.unique(beside, return_counts=True)
    return values[counts >= 0.05 * counts.sum()]


def paint(rng: np.random.Generator, labels: np.ndarray, target: int, contrast: float) -> np.ndarray:
    """An image for a label map: a random intensity per label, texture, partial volume, bias field and noise.

    `contrast` scales the differences between labels against the noise; about 1 is easy, 0.2 is hard. The intensity of `target`, the
    label to be found, is drawn again until its neighbours differ from it.
    """
    size = labels.shape[0]
    values, compact = np.unique(labels, return_inverse=True)
    levels = rng.normal(0, contrast, values.size).astype(np.float32)
    squeeze = 1.0
    if rng.random() < 0.4:  # a few bodies far outside the range of the rest, as air and bone are in CT, the rest near each other
        far = rng.random(values.size) < 0.15
        squeeze = float(np.exp(rng.uniform(np.log(0.12), 0))) if far.any() else 1.0
        levels[far] += rng.choice([-1, 1], far.sum()) * rng.uniform(2, 5) / squeeze
    beside = np.isin(values, neighbours(labels, target))
    around = levels[beside]
    own = int(np.searchsorted(values, target))
    for _ in range(12):
        if around.size == 0 or np.abs(around - levels[own]).min() > 0.5 * contrast:
            break
        levels[own] = rng.normal(0, 1.5 * contrast)
    if rng.random() < 0.75:  # others that look like the target, none of them touching it
        alike = (rng.random(values.size) < 0.5) & ~beside & (np.arange(values.size) != own)
        levels[alike] = levels[own] + rng.normal(0, 0.08 * contrast, alike.sum())
    image = levels[compact.reshape(labels.shape)]
    if rng.random() < 0.7:
        image = ndimage.gaussian_filter(image, rng.uniform(0.3, 1.3, 3))
    if rng.random() < 0.5:
        depth = np.abs(rng.normal(0, 0.12, values.size)).astype(np.float32)
        image = image + depth[compact.reshape(labels.shape)] * smooth_noise(rng, size, int(rng.integers(12, 40)))[0]
    if rng.random() < 0.4:
        image = image + rng.uniform(0.05, 0.4) * smooth_noise(rng, size, int(rng.integers(2, 5)))[0]
    noise = rng.standard_normal(labels.shape, dtype=np.float32)
    if rng.random() < 0.4:
        noise = ndimage.gaussian_filter(noise, rng.uniform(0, 1, 3) * rng.uniform(0.3, 1.2))
        noise /= noise.std() + 1e-6
    return squeeze * (image + rng.uniform(0.02, 0.3) * noise)


def paste_lesion(rng: np.random.Generator, image: np.ndarray, centre: np.ndarray, stretch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A lesion grown into a real image around `centre`, on voxels `stretch` units long: the new image and the lesion's mask."""
    size = image.shape[0]
    grid = stretched_grid(size, stretch)
    centre = (centre - size / 2) * stretch + size / 2
    radius = float(np.exp(rng.uniform(np.log(5), np.log(40))))
    field = body(rng, grid, centre, radius)
    mask = field < 0
    if mask.sum() < 60:
        return image, mask
    inside = image[mask]
    spread = max(float(inside.std()), 0.08)
    shift = rng.choice([-1, 1]) * rng.uniform(0.8, 4) * spread
    like = mask | copies_of(rng, mask) if radius < 20 and rng.random() < 0.5 else mask
    soft = ndimage.gaussian_filter(like.astype(np.float32), rng.uniform(0.4, 1.5))
    keep = rng.uniform(0, 1)
    texture = rng.uniform(0, 0.8) * spread * smooth_noise(rng, size, int(rng.integers(10, 40)))[0]
    lesion = inside.mean() + shift + texture + keep * (image - inside.mean())
    if rng.random() < 0.25 and radius > 7:  # a dead core
        core = ndimage.gaussian_filter((field < -rng.uniform(0.3, 0.6)).astype(np.float32), 1.0)
        lesion = lesion - core * shift * rng.uniform(0.7, 2)
    return image * (1 - soft) + lesion * soft, mask
