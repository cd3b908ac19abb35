"""Pictures of the runs a model did worst in: `python pictures.py --data DATA --scores scores.json --model FOLDER [--folds FOLDER …] --out FOLDER [--count 3]`.

Every picture is the slice with the most of the object after the last prompt, three times enlarged: the truth's outline green, the answer's red.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from scipy import ndimage
from skimage.io import imsave

from data import read_case, read_cases, read_config
from score import engines


def outline(mask: np.ndarray) -> np.ndarray:
    return mask & ~ndimage.binary_erosion(mask)


def picture(image: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """RGB of the slice where the truth is largest."""
    k = int(truth.sum((1, 2)).argmax())
    low, high = np.percentile(image[k], (1, 99))
    grey = np.clip((image[k] - low) / (high - low + 1e-6), 0, 1)
    scale = 3
    rgb = np.repeat((np.kron(grey, np.ones((scale, scale))) * 255).astype(np.uint8)[..., None], 3, -1)
    for region, colour in ((truth[k], (0, 220, 0)), (mask[k], (255, 60, 60))):
        rgb[outline(np.kron(region, np.ones((scale, scale), bool)))] = colour
    return rgb[::-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--folds", type=Path, nargs="+", default=[])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cases = {case.id: case for case in read_cases(args.data)}
    runs = [run for run in json.loads(args.scores.read_text())["runs"] if run["tool"] == args.model.name and run["first"] == "point"]
    # Pictures are kept beside the weights, so only scans that may be passed on without conditions on the use are shown.
    open_runs = [r for r in runs if not cases[r["case"]].noncommercial and "GPL" not in cases[r["case"]].licence]
    make = engines([args.model, *args.folds], read_config())
    args.out.mkdir(parents=True, exist_ok=True)
    for run in sorted(open_runs, key=lambda run: run["dice"][-1])[: args.count]:
        case = cases[run["case"]]
        image, label = read_case(case)
        engine = make(image, case)
        for prompt in run["prompts"]:
            engine.point(np.array(prompt["voxel"][::-1]), prompt["positive"])
            engine.predict()
        target = next(value for value, name in case.names.items() if name == run["target"])
        file = args.out / f"{case.id}-{run['target']}.png"
        imsave(file, picture(image, label == target, engine.mask), check_contrast=False)
        print(file, run["dice"][-1])


if __name__ == "__main__":
    main()
