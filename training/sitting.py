"""One simulated person at one world: what the network is shown, and what becomes of its answers."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
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


class Sitting:
    """One simulated person segmenting one world."""

    def __init__(self, rng: np.random.Generator, world: World, patch: int, coarse_start: float):
        self.rng, self.world, self.patch = rng, world, patch
        self.mask = np.zeros(world.truth.shape, bool)
        self.seen = np.zeros(world.truth.shape, bool)
        self.prompts: list[Prompt] = []
        if world.zoom == 1 and rng.random() < coarse_start:
            self.mask = coarse_mask(rng, world.truth)
            self.seen[:] = True
            if rng.random() < 0.7:
                self.prompts.append(make_prompt(rng, world.truth, "point", True, 0.3))
            self.centre = deep_voxel(rng, world.truth, 0) + rng.integers(-16, 17, 3)
        else:
            self.add(first_prompt(rng, world.truth))

    def add(self, prompt: Prompt) -> None:
        self.prompts.append(prompt)
        self.centre = prompt.centre

    def correct(self) -> bool:
        """Prompt at the largest error; false when there is none worth a prompt."""
        prompt = correction(self.rng, self.world.truth, self.mask, self.seen)
        if prompt is None:
            return False
        self.add(prompt)
        return True

    def inputs(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Network input `[1, 11, n, n, n]` and truth `[n, n, n]` of the patch around the newest prompt."""
        self.origin = np.asarray(self.centre) - self.patch // 2
        image = torch.from_numpy(cut(self.world.image, self.origin, self.patch))
        before = torch.from_numpy(cut(self.mask, self.origin, self.patch).astype(np.float32))
        self.before = before
        if self.world.zoom != 1 and self.rng.random() < 0.5:
            before = F.avg_pool3d(before[None, None], 3, 1, 1)[0, 0]
        prompts = torch.from_numpy(draw(self.prompts, self.origin, self.world.zoom, self.patch))
        x = with_likeness(torch.cat([image[None], before[None], prompts])[None])
        return x.contiguous(memory_format=torch.channels_last_3d), torch.from_numpy(cut(self.world.truth, self.origin, self.patch)).float()

    def answer(self, logits: torch.Tensor) -> float:
        """Take the prediction over and return its Dice in the patch."""
        predicted = (logits[0, 1] > logits[0, 0]).numpy()
        truth = cut(self.world.truth, self.origin, self.patch)
        paste(self.mask, predicted, self.origin)
        paste(self.seen, np.ones_like(predicted), self.origin)
        return float(2 * (predicted & truth).sum() / max(1, predicted.sum() + truth.sum()))


def lessons(worlds: Iterable[tuple[int, World]], config: dict) -> Iterator[tuple[int, Sitting, int]]:
    """Every pass to learn from: the world's number, the sitting, and which of its prompts this is. The sitting must have been given
    the pass's answer before the next one is asked for."""
    for number, world in worlds:
        rng = np.random.default_rng([config["seed"], number, 1])
        for person in range(config["people"]):
            sitting = Sitting(rng, mirrored(rng, world) if person else world, config["patch"], config["coarse_start"])
            rounds = 1 + int(rng.choice(len(config["rounds"]), p=config["rounds"]))
            for turn in range(rounds):
                yield number, sitting, turn
                if turn + 1 < rounds and not sitting.correct():
                    break


@torch.no_grad()
def validate(net: nn.Module, worlds: list[World], patch: int, rounds: int = 3) -> list[float]:
    """Mean Dice in the patch after each round on fixed worlds."""
    net.eval()
    table = []
    for n, world in enumerate(worlds):
        sitting = Sitting(np.random.default_rng([7, n]), world, patch, coarse_start=0)
        row: list[float] = []
        for _ in range(rounds):
            x, _ = sitting.inputs()
            row.append(sitting.answer(net(x)[0]))
            if not sitting.correct():
                break
        table.append(row + row[-1:] * (rounds - len(row)))
    net.train()
    return [round(float(v), 4) for v in np.mean(table, 0)]
