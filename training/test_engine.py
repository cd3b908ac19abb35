"""The plain engine against the conformance scenario of the specification (appendix A): `python test_engine.py`."""

import json
import tempfile
from pathlib import Path

import numpy as np
import torch

from data import normalise
from engine import Engine


def stub(x: torch.Tensor) -> torch.Tensor:
    image, c = x[:, 0], x[:, 1:]
    foreground = image + 2.5 * (c[:, 1] + c[:, 3] + c[:, 5]) - 3 * (c[:, 2] + c[:, 4] + c[:, 6]) + 0.25 * c[:, 0] - 2
    return torch.stack([torch.zeros_like(foreground), foreground], 1)


def main() -> None:
    x, y, z = np.mgrid[:150, :170, :130]
    image = (7 * x + 13 * y + 29 * z) % 17
    image = image + 100 * (((y - 60 - x // 4) ** 2 + (z - 60) ** 2 < 324) & (x >= 8) & (x < 138))
    image = image + 80 * ((x - 110) ** 2 + (y - 130) ** 2 + (z - 70) ** 2 < 484)
    image[:3] = 0
    assert image.sum() == 42_606_200
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inference_info.json").write_text("{}")
        (folder / "plans.json").write_text(json.dumps({"configurations": {"3d_fullres": {"patch_size": [128] * 3}}}))
        engine = Engine(folder, stub, normalise(image.astype(np.int16)))

    def check(count: int, passes: int | None = None) -> None:
        engine.predict()
        assert engine.mask.sum() == count, f"{engine.mask.sum()} voxels, expected {count}"
        assert passes is None or engine.passes == passes, f"{engine.passes} passes, expected {passes}"

    engine.point(np.array([40, 70, 60]), True)
    check(175_045, passes=6)
    engine.point(np.array([110, 130, 70]), False)
    check(175_010, passes=7)
    mask = np.zeros(image.shape, bool)
    mask[103:117, 131, 68:71] = True
    engine.region("scribble", mask, True)
    check(175_016)
    a, b = np.mgrid[:30, :30]
    mask = np.zeros(image.shape, bool)
    mask[95:125, 115:145, 71] = (a - 14) ** 2 + (b - 15) ** 2 < 100
    engine.region("lasso", mask, False)
    check(174_721)
    print("the plain engine agrees with the specification's scenario")


if __name__ == "__main__":
    main()
