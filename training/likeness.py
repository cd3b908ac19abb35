"""Three more channels for the network: at every voxel, its difference to the intensity at the newest positive prompt, the same for the
newest negative one, and how well it is connected to the former.

A small network without normalisation that is told the first finds the body of an intensity within minutes of training, and with it every
other body of that intensity; connection tells them apart (see README.md). Septum's engine makes the channels at the network's door when
`inference_info.json` says `"septum": {"likeness": true}`; they are then the last of the interaction channels, which the official code
leaves empty.
"""

import torch
import torch.nn.functional as F

SIDES = ((2, 4, 6), (3, 5, 7))
"""Channels of the network's input with positive and with negative prompts: boxes and lassos, points, scribbles."""

NEWEST = 0.985
"""Of the largest value: between the newest prompt and the one before it, which has faded to 0.98."""

STEPS = 32
"""Longest path along which a connection is looked for, in voxels of half the resolution."""

FALL = 3.0
"""A path that has to bear a difference `d` (standard deviations of the image) connects by `exp(-FALL * d)`."""

FAR = 10.0


def widened(volume: torch.Tensor) -> torch.Tensor:
    """The maximum over 3x3x3 voxels; ten times as fast as PyTorch's pooling."""
    for axis in (2, 3, 4):
        rest = volume.shape[axis] - 1
        wider = volume.clone()
        for here, there in ((1, 0), (0, 1)):
            place = wider.narrow(axis, here, rest)
            place.copy_(torch.maximum(place, volume.narrow(axis, there, rest)))
        volume = wider
    return volume


def reach(image: torch.Tensor, intensity: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Fuzzy connectedness (Udupa and Samarasekera 1996) at half the resolution: of all paths from the prompt, the best one's largest
    difference to the prompt's intensity, as a number from -FAR to 0."""
    bar = -(F.avg_pool3d(image, 2) - intensity).abs()
    reached = ((F.max_pool3d(weights, 2) > 0).to(image.dtype) - 1) * FAR
    for _ in range(STEPS):
        reached = torch.minimum(bar, widened(reached))
    return reached


def doubled(volume: torch.Tensor) -> torch.Tensor:
    return F.interpolate(volume, scale_factor=2, mode="nearest")


@torch.no_grad()
def with_likeness(x: torch.Tensor) -> torch.Tensor:
    """`[1, 8, z, y, x]` (image, previous mask, six of prompts) with the three channels behind. The intensity at a prompt is the mean of
    the image, itself averaged over 3x3 voxels of a slice, where the newest prompt of the side has its peak. Where the way to a voxel's
    neighbourhood has to bear more than the first difference, that stands there instead (as if darker), so that it is small in one body
    alone. Without prompts, zeros."""
    image = x[:, :1]
    smooth = F.avg_pool3d(image, (1, 3, 3), 1, (0, 1, 1), count_include_pad=False)
    differences, connected = [], torch.zeros_like(image)
    for n, side in enumerate(SIDES):
        prompts = x[:, list(side)].amax(1, keepdim=True)
        weights = F.relu(prompts - NEWEST * prompts.max())
        total = weights.sum()
        if total == 0:
            differences.append(torch.zeros_like(image))
            continue
        intensity = (smooth * weights).sum() / total
        difference = image - intensity
        if n == 0:
            reached = reach(image, intensity, weights)
            connected = doubled(torch.exp(FALL * reached))
            borne = doubled(widened(reached))
            difference = torch.where(difference.abs() < -borne, borne, difference)
        differences.append(difference)
    return torch.cat([x, *differences, connected], 1)
