"""One simulated person at one world: what the network is shown, and what becomes of its answers."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import nn

from likeness import with_likeness
from prompts import Prompt, correction, deep_voxel, draw, first_prompt, make_prompt
from worlds import World, mirrored


def cut(volume: np.ndarray, origin: np.ndarray, patch: int) -> np.ndarray:
    """The patch at `origin` (world voxels), zero outside the world."""
    out = np.zeros((patch,) * 3, volume.dtype)
    low, high = np.maximum(origin, 0), np.minimum(origin + patch, volume.shape)
    if (high > low).all():
        out[tuple(slice(a, b) for a, b in zip(low - origin, high - origin))] = volume[tuple(slice(a, b) for a, b in zip(low, high))]
    return out


def paste(volume: np.ndarray, patch: np.ndarray, origin: np.ndarray) -> None:
    low, high = np.maximum(origin, 0), np.minimum(origin + patch.shape, volume.shape)
    if (high > low).all():
        volume[tuple(slice(a, b) for a, b in zip(low, high))] = patch[tuple(slice(a, b) for a, b in zip(low - origin, high - origin))]


def coarse_mask(rng: np.random.Generator, truth: np.ndarray) -> np.ndarray:
    """What a zoomed-out pass would have left: the truth at lower resolution, with a wrong place here and there."""
    zoom = float(rng.choice([1.5, 2.25, 3.375, 4.0]))
    full = torch.from_numpy(truth.astype(np.float32))[None, None]
    small = F.interpolate(full, size=(int(truth.shape[0] / zoom),) * 3, mode="area")
    small = F.avg_pool3d(small, 3, 1, 1) + 0.25 * torch.from_numpy(rng.standard_normal(small.shape, dtype=np.float32))
    small = (F.avg_pool3d(small, 3, 1, 1) > rng.uniform(0.3, 0.6)).float()
    return (F.interpolate(small, size=truth.shape, mode="trilinear")[0, 0] >= 0.5).numpy()


def nearly_right(rng: np.random.Generator, truth: np.ndarray) -> np.ndarray:
    """The truth but for one place at its border, where something is missing or too much."""
    places = np.argwhere(truth)
    radius = max(2.0, rng.uniform(0.15, 0.8) * (len(places) * 3 / (4 * np.pi)) ** (1 / 3))
    edge = np.argwhere(truth & ~ndimage.binary_erosion(truth))
    centre = edge[rng.integers(len(edge))]
    axes = radius * np.exp(rng.normal(0, 0.3, 3))
    squares = [((np.arange(n) - c) / a) ** 2 for n, c, a in zip(truth.shape, centre, axes)]
    ball = squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :] < 1
    return truth & ~ball if rng.random() < 0.5 else truth | ball


def flooded(rng: np.random.Generator, truth: np.ndarray, image: np.ndarray) -> np.ndarray:
    """The truth and what around it looks like it and hangs together with it: an answer that went too far."""
    low, high = np.quantile(image[truth], [0.1, 0.9])
    margin = rng.uniform(0, 1) * (high - low)
    alike = ndimage.uniform_filter(((image > low - margin) & (image < high + margin)).astype(np.float32), 3) > 0.5
    centre = np.argwhere(truth).mean(0)
    reach = rng.uniform(1.5, 4) * (truth.sum() * 3 / (4 * np.pi)) ** (1 / 3)
    squares = [(np.arange(n) - c) ** 2 for n, c in zip(truth.shape, centre)]
    near = squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :] < reach**2
    parts, _ = ndimage.label(truth | (alike & near))
    return np.isin(parts, np.unique(parts[truth]))


class Sitting:
    """One simulated person segmenting one world. Before the first positive prompt, or a mask to begin with, there is no object."""

    def __init__(self, rng: np.random.Generator, world: World, patch: int, coarse_start: float, negative_start: float, mend_start: float):
        self.rng, self.world, self.patch = rng, world, patch
        self.mask = np.zeros(world.truth.shape, bool)
        self.seen = np.zeros(world.truth.shape, bool)
        self.prompts: list[Prompt] = []
        self.begun = True
        self.looks_again = False
        """Whether the answer to the newest prompt is shown to the network, to be made better."""
        self.mends = rng.random() < mend_start and self.begin_with(self.wrong(0.2))
        if self.mends:
            self.refines = True
            return
        self.refines = world.zoom == 1 and rng.random() < coarse_start
        if self.refines:
            self.mask = coarse_mask(rng, world.truth)
            self.seen[:] = True
            if rng.random() < 0.7:
                self.prompts.append(make_prompt(rng, world.truth, "point", True, 0.3))
            self.centre = deep_voxel(rng, world.truth, 0) + rng.integers(-16, 17, 3)
        elif rng.random() < negative_start:
            self.begun = False
            self.add(make_prompt(rng, ~world.truth, "point", False, 0))
        else:
            self.add(first_prompt(rng, world.truth))

    def wrong(self, floods: float) -> np.ndarray:
        """A mask to be mended."""
        if self.rng.random() < floods and self.world.truth.any():
            return flooded(self.rng, self.world.truth, self.world.image)
        return nearly_right(self.rng, self.world.truth)

    def begin_with(self, mask: np.ndarray) -> bool:
        """A mask to be corrected, loaded or made by an older prompt or two; false when nothing in it is wrong enough."""
        self.mask, self.seen[:] = mask, True
        right = self.world.truth & mask
        for _ in range(int(self.rng.choice(3, p=[0.5, 0.25, 0.25])) if right.any() else 0):
            self.prompts.append(make_prompt(self.rng, right, "point", True, 0.6))
        if self.correct():
            return True
        self.prompts, self.mask = [], np.zeros_like(mask)
        self.seen[:] = False
        return False

    def add(self, prompt: Prompt) -> None:
        self.prompts.append(prompt)
        self.centre = prompt.centre

    def correct(self) -> bool:
        """Prompt at the largest error; false when there is none worth a prompt."""
        if not self.begun:
            self.begun = True
            self.add(first_prompt(self.rng, self.world.truth))
            return True
        prompt = correction(self.rng, self.world.truth, self.mask, self.seen)
        if prompt is None:
            return False
        self.add(prompt)
        return True

    @property
    def ambiguous(self) -> bool:
        """Whether nobody could know the object yet: its first prompt, no mask, and the image does not tell."""
        return self.world.ambiguous and self.begun and not self.refines and sum(p.positive for p in self.prompts) == 1 and self.prompts[-1].positive

    def wanted(self) -> np.ndarray:
        """The object's part of the patch, bool."""
        truth = cut(self.world.truth, self.origin, self.patch)
        return truth if self.begun else np.zeros_like(truth)

    def inputs(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Network input `[1, 15, n, n, n]` and truth `[n, n, n]` of the patch around the newest prompt."""
        self.origin = np.asarray(self.centre) - self.patch // 2
        image = torch.from_numpy(cut(self.world.image, self.origin, self.patch))
        before = torch.from_numpy(cut(self.mask, self.origin, self.patch).astype(np.float32))
        self.before = before
        if self.world.zoom != 1 and self.rng.random() < 0.5:
            before = F.avg_pool3d(before[None, None], 3, 1, 1)[0, 0]
        prompts = torch.from_numpy(draw(self.prompts, self.origin, self.world.zoom, self.patch))
        x = with_likeness(torch.cat([image[None], before[None], prompts])[None])
        return x.contiguous(memory_format=torch.channels_last_3d), torch.from_numpy(self.wanted()).float()

    def answer(self, logits: torch.Tensor) -> float:
        """Take the prediction over and return its Dice in the patch."""
        predicted = (logits[0, 1] > logits[0, 0]).numpy()
        truth = self.wanted()
        paste(self.mask, predicted, self.origin)
        paste(self.seen, np.ones_like(predicted), self.origin)
        if not truth.any():
            return float(not predicted.any())
        return float(2 * (predicted & truth).sum() / (predicted.sum() + truth.sum()))


def lessons(worlds: Iterable[tuple[int, World]], config: dict) -> Iterator[tuple[int, Sitting, int]]:
    """Every pass to learn from: the world's number, the sitting, and which of its prompts this is. The sitting must have been given
    the pass's answer before the next one is asked for."""
    for number, world in worlds:
        rng = np.random.default_rng([config["seed"], number, 1])
        for person in range(config["people"]):
            sitting = Sitting(rng, mirrored(rng, world) if person else world, config["patch"], config["coarse_start"], config["negative_start"], config["mend_start"])
            rounds = 1 + int(rng.choice(len(config["rounds"]), p=config["rounds"]))
            for turn in range(rounds):
                yield number, sitting, turn
                if rng.random() < config["second_look"]:
                    sitting.looks_again = True
                    yield number, sitting, turn
                    sitting.looks_again = False
                if turn + 1 < rounds and not sitting.correct():
                    break


@torch.no_grad()
def validate(net: nn.Module, worlds: list[World], patch: int, rounds: int = 3) -> list[float]:
    """Mean Dice in the patch after each round on fixed worlds, every prompt being answered twice."""
    net.eval()
    table = []
    for n, world in enumerate(worlds):
        sitting = Sitting(np.random.default_rng([7, n]), world, patch, coarse_start=0, negative_start=0, mend_start=0)
        row: list[float] = []
        for _ in range(rounds):
            for _ in range(2):
                dice = sitting.answer(net(sitting.inputs()[0])[0])
            row.append(dice)
            if not sitting.correct():
                break
        table.append(row + row[-1:] * (rounds - len(row)))
    net.train()
    return [round(float(v), 4) for v in np.mean(table, 0)]
