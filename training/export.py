"""Write a trained state as an nnInteractive model folder: `python export.py --state STATE_FOLDER --like MODEL_FOLDER --out FOLDER`.

Plans, dataset and prompt settings are taken from the folder the training started from; the averaged weights go into the checkpoint.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch

from data import LEARNT


def export(state: Path, like: Path, out: Path, weights: str = "average", share: float = 1.0) -> None:
    """`share` below 1 mixes the trained weights with those of `like`, which keeps more of what the start could do."""
    trained = torch.load(state / "state.pt", map_location="cpu", weights_only=False)
    out.mkdir(parents=True, exist_ok=True)
    (out / "fold_0").mkdir(exist_ok=True)
    plans = json.loads((like / "plans.json").read_text())
    plans["dataset_name"] = out.name
    (out / "plans.json").write_text(json.dumps(plans, indent=2) + "\n")
    shutil.copyfile(like / "inference_info.json", out / "inference_info.json")
    dataset = json.loads((like / "dataset.json").read_text()) | {LEARNT: trained["learnt"]}
    (out / "dataset.json").write_text(json.dumps(dataset, indent=2) + "\n")
    (out / "LICENSE").write_text("CC0-1.0\n")
    # Every encoder tensor has several names; one copy serves them all, which keeps the file a quarter of the size.
    copies: dict[int, torch.Tensor] = {}
    start = torch.load(like / "fold_0" / "checkpoint_final.pth", map_location="cpu", weights_only=False)["network_weights"]
    for name, value in trained[weights].items():
        if value.data_ptr() not in copies:
            copies[value.data_ptr()] = torch.lerp(start[name].float(), value.contiguous().float(), share)
    checkpoint = {
        "network_weights": {name: copies[value.data_ptr()] for name, value in trained[weights].items()},
        "trainer_name": "nnInteractiveTrainer_stub",
        "init_args": {"configuration": "3d_fullres", "fold": 0},
        "current_epoch": trained["step"],
    }
    torch.save(checkpoint, out / "fold_0" / "checkpoint_final.pth")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--like", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", choices=("average", "net"), default="average")
    parser.add_argument("--share", type=float, default=1.0, help="of the trained weights; the rest is taken from --like")
    args = parser.parse_args()
    export(args.state, args.like, args.out, args.weights, args.share)


if __name__ == "__main__":
    main()
