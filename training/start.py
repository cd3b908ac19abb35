"""Write a model folder to begin training with: `python start.py --like MODEL_FOLDER --out FOLDER [--seed 0]`.

A `PlainConvUNet` with random weights and without normalisation, which would take the channels of `likeness.py` away again. (A residual
encoder without normalisation cannot be loaded by the official code, which sets its norms when it builds one.) Kernels at full resolution,
where most of the time goes, are one slice thick.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from torch import nn

from likeness import CHANNELS
from network import build_network

NETWORK = {
    "n_stages": 5,
    "features_per_stage": [8, 16, 32, 64, 128],
    "n_conv_per_stage": [2, 2, 3, 3, 3],
    "n_conv_per_stage_decoder": [2, 2, 1, 1],
    "conv_op": "torch.nn.modules.conv.Conv3d",
    "kernel_sizes": [[1, 3, 3], *[[3, 3, 3]] * 4],
    "strides": [[1, 1, 1], *[[2, 2, 2]] * 4],
    "conv_bias": True,
    "norm_op": None,
    "norm_op_kwargs": None,
    "dropout_op": None,
    "dropout_op_kwargs": None,
    "nonlin": "torch.nn.LeakyReLU",
    "nonlin_kwargs": {"inplace": True},
}


def initialise(net: nn.Module) -> None:
    """Random weights that keep the size of what passes, with quiet outputs."""
    for layer in net.modules():
        if isinstance(layer, nn.ConvTranspose3d):
            nn.init.normal_(layer.weight, std=layer.in_channels**-0.5)
        elif isinstance(layer, nn.Conv3d):
            nn.init.kaiming_normal_(layer.weight, a=0.01)
        else:
            continue
        nn.init.zeros_(layer.bias)
    for head in net.decoder.seg_layers:
        head.weight.data *= 0.1


def write_start(like: Path, out: Path, seed: int) -> None:
    (out / "fold_0").mkdir(parents=True, exist_ok=True)
    for name in ("dataset.json", "LICENSE"):
        shutil.copyfile(like / name, out / name)
    plans = json.loads((like / "plans.json").read_text())
    architecture = plans["configurations"]["3d_fullres"]["architecture"]
    architecture["network_class_name"] = "dynamic_network_architectures.architectures.unet.PlainConvUNet"
    architecture["arch_kwargs"] = NETWORK
    (out / "plans.json").write_text(json.dumps(plans, indent=2) + "\n")
    info = json.loads((like / "inference_info.json").read_text())
    info["interaction_channels"] = 6 + CHANNELS
    info["septum"] |= {"likeness": True, "second_look": True, "reach": 3, "heeds_points": True}
    (out / "inference_info.json").write_text(json.dumps(info, indent=2) + "\n")
    torch.manual_seed(seed)
    net = build_network(plans, input_channels=8 + CHANNELS, deep_supervision=True)
    initialise(net)
    torch.save({"network_weights": net.state_dict()}, out / "fold_0" / "checkpoint_final.pth")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--like", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    write_start(args.like, args.out, args.seed)
