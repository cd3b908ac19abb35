"""Training scans with the label maps objects are drawn from, prepared once and kept in a cache folder.

Every map says how it may be used. `objects`: a label is an object one can see in the real image. `shapes`: labels only lend their
shapes to synthetic images, because in the real image their boundary is not visible (atlas regions, lung thirds).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.filters import threshold_multiotsu

from data import Case, read_array, read_case, read_cases, read_config, spacing_of, subjects_learnt, training_cases

MIN_VOXELS = 150
# Regions of the AAL atlas that follow a visible boundary in T1: deep grey matter and hippocampus.
VISIBLE_ATLAS_PARTS = ("Caudate", "Putamen", "Thalamus", "Hippocampus", "Pallidum")

OUTLINES = Path(__file__).with_name("outlines")
"""Label maps of scans that came without labels, made for this (outlines/README.md)."""


@dataclass
class Scan:
    id: str
    image: np.ndarray
    objects: list[np.ndarray]
    """Maps to draw objects from, a map standing here as often as it shall be drawn."""
    shapes: list[np.ndarray]
    named: list[np.ndarray]
    """Those of `objects` whose labels have a name: what people mean when they click."""
    thick: bool
    """Slices at least twice as far apart as voxels within them."""
    weight: float
    """How often the scan is drawn, relative to others: more where it has many labels."""

    def __post_init__(self) -> None:
        maps = {id(m): m for m in (*self.objects, *self.shapes)}
        self.values = {key: np.unique(m[m > 0], return_counts=True) for key, m in maps.items()}


def components(classes: np.ndarray, image_voxels: int) -> np.ndarray:
    """Connected regions of each class after a small opening, as one label map; tiny, overwhelming and thin ones dropped."""
    out = np.zeros(classes.shape, np.int16)
    count = 0
    for value in np.unique(classes):
        mask = ndimage.binary_opening(classes == value, iterations=1)
        regions, count_here = ndimage.label(mask)
        sizes = np.bincount(regions.ravel())
        sizes[0] = 0
        thick_part = np.bincount(regions[ndimage.binary_opening(mask, iterations=2)], minlength=count_here + 1)
        keep = np.flatnonzero((sizes >= MIN_VOXELS) & (sizes < 0.15 * image_voxels) & (thick_part >= 0.4 * sizes))
        keep = keep[np.argsort(-sizes[keep])][:60]
        table = np.zeros(sizes.size, np.int16)
        table[keep] = np.arange(count + 1, count + 1 + keep.size)
        count += keep.size
        out = np.maximum(out, table[regions])
    return out


def intensity_regions(image: np.ndarray, sigma: float, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Regions of similar intensity, and the class map itself."""
    smooth = ndimage.gaussian_filter(image, sigma)
    sample = np.random.default_rng(0).choice(smooth.ravel(), 200_000)
    thresholds = threshold_multiotsu(np.clip(sample, *np.percentile(sample, (0.5, 99.5))), classes=classes, nbins=96)
    bins = np.digitize(smooth, thresholds).astype(np.int16)
    return components(bins, image.size), bins


def prepare(case: Case) -> dict[str, np.ndarray]:
    image, label = read_case(case)
    arrays = {"image": image.astype(np.float16)}
    class_map = np.zeros(image.shape, np.int16)
    for n, (sigma, classes) in enumerate(((0.7, 3), (1.0, 4), (1.5, 5))):
        arrays[f"region{n}"], class_map = intensity_regions(image, sigma, classes)
    if label is not None:
        atlas = case.id.endswith("aal")
        keep = [v for v, name in case.names.items() if v in case.targets and (not atlas or name.startswith(VISIBLE_ATLAS_PARTS))]
        if "lung_thirds" not in case.id:
            arrays["visible"] = np.where(np.isin(label, keep), label, 0).astype(np.int16)
        arrays["shapes"] = np.where(label > 0, label, 20_000 + class_map).astype(np.int16)
    if (OUTLINES / f"{case.id}.nii.gz").exists():
        arrays["outlined"] = read_array(OUTLINES / f"{case.id}.nii.gz").astype(np.int16)
    return arrays


def is_thick(case: Case) -> bool:
    spacing = spacing_of(case)
    return max(spacing) >= 2 * min(spacing)


def load_scans(root: Path, cache: Path, learnt: list[str]) -> list[Scan]:
    """Prepared training scans, from the cache where it has them; `learnt` as in `training_cases`."""
    cache.mkdir(parents=True, exist_ok=True)
    scans = []
    for case in training_cases(read_cases(root), learnt):
        file = cache / f"{case.id}.npz"
        if not file.exists():
            np.savez(file, **prepare(case))
        with np.load(file) as stored:
            arrays = {name: stored[name] for name in stored.files}
        objects = 2 * [m for name, m in arrays.items() if name.startswith("region")]
        named = [arrays[name] for name in ("visible", "outlined") if name in arrays and arrays[name].any()]
        objects += 12 * named
        shapes = [arrays["shapes"]] if "shapes" in arrays else []
        labels = sum(np.unique(m).size - 1 for m in named)
        scans.append(Scan(case.id, arrays["image"], objects, shapes, named, is_thick(case), 1 + min(5, labels / 8)))
    return scans


if __name__ == "__main__":
    import sys

    for scan in load_scans(Path(sys.argv[1]), Path(sys.argv[2]), subjects_learnt(read_config())):
        counts = [int(np.unique(m).size - 1) for m in scan.objects]
        print(scan.id, scan.image.shape, "objects per map", counts, "shape maps", len(scan.shapes))
