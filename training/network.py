"""The network of an nnInteractive model folder, built from its plans, and its weights."""

import json
from importlib import import_module
from pathlib import Path

import torch
from torch import nn


def build_network(plans: dict, input_channels: int = 8, configuration: str = "3d_fullres", deep_supervision: bool = False) -> nn.Module:
    """The network that `plans` describe, with 2 outputs. Deep supervision adds outputs at coarser levels."""
    architecture = plans["configurations"][configuration]["architecture"]
    kwargs = dict(architecture["arch_kwargs"])
    for name in architecture["_kw_requires_import"]:
        if kwargs[name] is not None:
            module, member = kwargs[name].rsplit(".", 1)
            kwargs[name] = getattr(import_module(module), member)
    module, member = architecture["network_class_name"].rsplit(".", 1)
    network_class = getattr(import_module(module), member)
    return network_class(input_channels=input_channels, num_classes=2, deep_supervision=deep_supervision, **kwargs)


def read_model(folder: Path, deep_supervision: bool = False) -> nn.Module:
    plans = json.loads((folder / "plans.json").read_text())
    info = json.loads((folder / "inference_info.json").read_text())
    net = build_network(plans, 2 + info["interaction_channels"], deep_supervision=deep_supervision)
    checkpoint = torch.load(folder / "fold_0" / "checkpoint_final.pth", map_location="cpu", weights_only=False)
    net.load_state_dict(checkpoint["network_weights"])
    return net
