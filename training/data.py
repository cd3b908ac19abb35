"""Which scans may be trained on, which are scored, and how a file becomes an array.

Arrays are `[k, j, i]` (slice first), the order the engine feeds the network. No scan is re-oriented or resampled.
"""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import SimpleITK as sitk


LEARNT = "drawn_subjects_learnt"
"""In the dataset.json of a model folder: the subjects with labels drawn by people that it has learnt from."""


@dataclass(frozen=True)
class Case:
    id: str
    modality: str
    anatomy: str
    subject: str
    licence: str
    attribution: str
    noncommercial: bool
    drawn_by_people: bool
    targets: tuple[int, ...]
    names: dict[int, str] = field(hash=False)
    image_path: Path = field(hash=False)
    label_path: Path | None = field(hash=False)


def read_config(path: Path = Path(__file__).with_name("config.toml")) -> dict:
    return tomllib.loads(path.read_text())


def read_cases(root: Path) -> list[Case]:
    """All cases of `root/manifest.json`."""
    manifest = json.loads((root / "manifest.json").read_text())
    cases = []
    for entry in manifest["cases"]:
        label = entry["files"].get("label")
        cases.append(
            Case(
                id=entry["id"],
                modality=entry["modality"],
                anatomy=entry["anatomy"],
                subject=entry["subject"],
                licence=entry["licence"]["id"],
                attribution=entry["licence"]["attribution"],
                noncommercial=entry["licence"]["noncommercial"],
                drawn_by_people=bool(entry.get("label_origin_is_human")),
                targets=tuple(entry.get("targets", ())),
                names={label["id"]: label["name"] for label in entry.get("labels", ())},
                image_path=root / entry["files"]["image"],
                label_path=root / label if label else None,
            )
        )
    return cases


def subjects_learnt(config: dict, without_fold: int | None = None) -> list[str]:
    """Subjects with labels drawn by people that a network learns from: all that `config` names but those of one fold."""
    folds = [fold for n, fold in enumerate(config["folds"]) if n != without_fold]
    return [*config[LEARNT], *(subject for fold in folds for subject in fold)]


def learnt_by(folder: Path, config: dict) -> list[str]:
    """What the model in `folder` says it has learnt from; folders that do not say have learnt from what every fold learns from."""
    return json.loads((folder / "dataset.json").read_text()).get(LEARNT, config[LEARNT])


def scoring_cases(cases: list[Case], learnt: list[str]) -> list[Case]:
    """Cases with targets drawn by people, but those of the subjects `learnt`."""
    return [case for case in cases if case.drawn_by_people and case.targets and case.subject not in learnt]


def training_cases(cases: list[Case], learnt: list[str]) -> list[Case]:
    """Cases whose licence lets the weights be CC0 and whose subject is not in any human-labelled case, or is one of `learnt`. Of other
    subjects no pixel, image or label, is trained on."""
    held_out = {case.subject for case in cases if case.drawn_by_people} - set(learnt)
    return [
        case
        for case in cases
        if case.subject not in held_out and not case.noncommercial and "NC" not in case.licence and "GPL" not in case.licence
    ]


def read_array(path: Path) -> np.ndarray:
    """The voxels of a file as `[k, j, i]`."""
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def spacing_of(case: Case) -> tuple[float, ...]:
    """Millimetres between voxels, `[k, j, i]`."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(case.image_path))
    reader.ReadImageInformation()
    return tuple(reversed(reader.GetSpacing()))


def normalise(image: np.ndarray) -> np.ndarray:
    """z-score as the engine does (specification section 4): statistics inside the nonzero box, unbiased std, applied everywhere."""
    image = image.astype(np.float32)
    box = []
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        occupied = np.flatnonzero(image.sum(axis=others) != 0)
        if occupied.size == 0:
            raise ValueError("Cannot normalise an image that is entirely zero")
        box.append(slice(occupied[0], occupied[-1] + 1))
    inside = image[tuple(box)].astype(np.float64)
    mean, std = np.float32(inside.mean()), np.float32(inside.std(ddof=1))
    if not std > 0:
        raise ValueError("Cannot normalise an image whose voxels all have the same value")
    return (image - mean) / std


def read_case(case: Case) -> tuple[np.ndarray, np.ndarray | None]:
    """Normalised image (float32) and label map (int32, or None), both `[k, j, i]`."""
    image = normalise(read_array(case.image_path))
    label = None if case.label_path is None else read_array(case.label_path).astype(np.int32)
    return image, label
