"""Seven more channels for the network, made of the image and the prompts: what is like the places clicked at, and near them.

A small network without normalisation that is told this learns in minutes what it else does not learn in hours (see README.md). Septum's
engine makes the channels at the network's door when `inference_info.json` says `"septum": {"likeness": true}`; they are then the last of
the interaction channels, which the official code leaves empty.
"""

import torch
import torch.nn.functional as F

CHANNELS = 7

SIDES = ((2, 4, 6), (3, 5, 7))
"""Channels of the network's input with positive and with negative prompts: boxes and lassos, points, scribbles."""

WEAKEST = 0.3
"""A prompt's middle is where its channel is above this and nothing next to it is stronger."""

AGE = 16
"""Prompts fade to 0.98 with every later one. To this power it is 0.72: what the intensity at a prompt weighs."""

CELL = 4
"""Edge, in voxels, of the cells in which intensities at prompts are carried to where no prompt is."""

SIGMA = 3.0
TAPS = 25
"""Of the Gaussian, in cells, by which a place heeds prompts near it more than others."""

ANYWHERE = 1e-6
"""What a prompt weighs however far it is."""

STEPS = 32
"""Longest way along which a connection is looked for, in voxels of half the resolution."""

FINEST = 0.01
"""Smallest spread of intensities that is told from none, in standard deviations of the image."""

FALL = 0.25
"""A way that has to bear a difference of `d` spreads connects by `exp(-FALL * d)`."""

STEP = 0.03
TOLL = 0.04
"""What a step of half the resolution adds to a way's length, and every spread of difference beside it."""

BEND = 0.2
"""A difference of `d` spreads is shown as `tanh(BEND * d)`."""

FAR = 30.0
"""In spreads, and in lengths."""


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


def scaled_up(volume: torch.Tensor, factor: int) -> torch.Tensor:
    return F.interpolate(volume, scale_factor=factor, mode="nearest")


def middles(prompts: torch.Tensor) -> torch.Tensor:
    """The strength of every prompt at its middle, zero elsewhere."""
    return prompts * ((prompts >= widened(prompts)) & (prompts > WEAKEST))


def carried(volume: torch.Tensor) -> torch.Tensor:
    """A Gaussian over cells, and a trace of the whole."""
    taps = torch.exp(-((torch.arange(TAPS, dtype=torch.float32) - TAPS // 2) ** 2) / (2 * SIGMA**2))
    out = volume
    for axis in range(3):
        shape, padding = [1, 1, 1, 1, 1], [0, 0, 0]
        shape[2 + axis], padding[axis] = TAPS, TAPS // 2
        out = F.conv3d(out, taps.view(shape), padding=padding)
    return out + ANYWHERE * volume.sum()


def around(values: torch.Tensor, middle: torch.Tensor) -> torch.Tensor:
    """In cells: what `values` are at the prompts, near ones counting most. A cell weighs as its strongest prompt."""
    mass = F.avg_pool3d(middle, CELL)
    mean = F.avg_pool3d(middle * values, CELL) / mass.clamp(min=1e-30)
    weight = F.max_pool3d(middle, CELL) ** AGE
    return carried(weight * mean) / carried(weight).clamp(min=1e-30)


def spread(half: torch.Tensor) -> torch.Tensor:
    """Variance of the image at half the resolution over 3x3x3 of its voxels: its noise and texture, whatever the modality. The smallest
    of such cubes around a voxel, so that a border nearby does not count."""
    mean, squares = (F.avg_pool3d(v, 3, 1, 1, count_include_pad=False) for v in (half, half * half))
    return FINEST**2 - widened(-F.relu(squares - mean * mean))


def ways(bars: torch.Tensor, costs: torch.Tensor, seeds: torch.Tensor) -> torch.Tensor:
    """What the best way from `seeds` to every voxel bears, from 0 down to -FAR: it loses `costs` with every step and is never better than
    `bars`. With bars alone that is fuzzy connectedness (Udupa and Samarasekera 1996), with costs alone a geodesic distance."""
    reached = torch.where(seeds, 0.0, -FAR)
    for _ in range(STEPS):
        reached = torch.maximum(reached, torch.minimum(widened(reached) - costs, bars))
    return reached


@torch.no_grad()
def with_likeness(x: torch.Tensor) -> torch.Tensor:
    """`[1, 8, z, y, x]` (image, previous mask, six of prompts) with seven channels behind:

    - the difference to the intensity at the positive prompts, and that at the negative ones, nearer prompts counting more;
    - the same two in spreads, bent to between -1 and 1: a spread is the standard deviation of intensities around a prompt, so that tissues
      are told apart in CT, whose range is many times as wide as what parts them, and in MR alike;
    - how well a voxel is connected to the positive prompts, by the largest difference on the way in spreads, from 0 to 1;
    - how near it is to the positive and to the negative prompts, by the sum of the differences on the way, from 0 to 1.

    Where the way to a voxel's neighbourhood has to bear more than its difference to the positive prompts, that stands there instead (as if
    darker), so that it is small in one body alone. An intensity is the mean of the image, itself averaged over 3x3 voxels of a slice, at a
    prompt's middle. Zeros without prompts of the sign. Edges are multiples of `CELL`."""
    image = x[:, :1]
    smooth = F.avg_pool3d(image, (1, 3, 3), 1, (0, 1, 1), count_include_pad=False)
    half = F.avg_pool3d(image, 2)
    variance = scaled_up(spread(half), 2)
    sides = []
    for side in SIDES:
        middle = middles(x[:, list(side)].amax(1, keepdim=True))
        present = (middle.amax() > 0).to(x.dtype)
        intensity, unit = around(smooth, middle), around(variance, middle).clamp(min=FINEST**2).sqrt()
        bar = (half - scaled_up(intensity, CELL // 2)).abs() / scaled_up(unit, CELL // 2)
        sides.append((present, F.max_pool3d(middle, 2) > 0, bar, image - scaled_up(intensity, CELL), scaled_up(unit, CELL)))
    (here, seeds, bar, difference, unit), (there, other_seeds, other_bar, other_difference, other_unit) = sides
    zero = torch.zeros_like(bar)
    reached = ways(
        torch.cat([-bar, zero, zero], 1),
        torch.cat([zero, STEP + TOLL * bar, STEP + TOLL * other_bar], 1),
        torch.cat([seeds, seeds, other_seeds], 1),
    )
    borne = scaled_up(widened(reached[:, :1]), 2) * unit
    difference = torch.where(difference.abs() < -borne, borne, difference)
    shown = [difference * here, other_difference * there, torch.tanh(BEND * difference / unit) * here, torch.tanh(BEND * other_difference / other_unit) * there]
    fall = torch.tensor([FALL, 1.0, 1.0]).view(1, 3, 1, 1, 1)
    present = torch.stack([here, here, there]).view(1, 3, 1, 1, 1)
    return torch.cat([x, *shown, scaled_up(torch.exp(fall * reached) * present, 2)], 1)
