"""The engine in plain numpy and PyTorch, dense and slow: specification sections 4 to 6, profile P26. Used to score without the CLI.

Arrays are `[k, j, i]`. The random leftovers of the box cover use a seeded generator, so that scores can be repeated.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from likeness import with_likeness
from prompts import BALL, CHANNEL, Prompt, dilation_edge
from users import region_of

Box = tuple[np.ndarray, np.ndarray]


def half(values: torch.Tensor) -> torch.Tensor:
    """Rounded to half precision, as prompts are kept (specification 5.1 and 6.3): likeness asks which of them are equal."""
    return values.half().float()


def half_even(value: float) -> int:
    return int(np.round(value))


class Engine:
    """One image with its spacing (mm, `[k, j, i]`), one object. Prompt, then `predict`; `mask` is the result."""

    def __init__(self, folder: Path, net: nn.Module, image: np.ndarray, spacing: Sequence[float] = (1, 1, 1)):
        info = json.loads((folder / "inference_info.json").read_text())
        plans = json.loads((folder / "plans.json").read_text())
        own = info.get("septum", {})
        border = own.get("border_change", {})
        self.absolute = border.get("absolute", 1500)
        self.minimum = border.get("minimum", 100)
        self.relative = border.get("relative", 0.2)
        self.margin = own.get("cover_margin", 24)
        self.likeness = own.get("likeness", False)
        self.second_look = own.get("second_look", False)
        self.reach = own.get("reach", 0)
        self.heeds_points = own.get("heeds_points", False)
        self.decay = info.get("interaction_decay", 0.98)
        self.patch = np.array(plans["configurations"]["3d_fullres"]["patch_size"])
        first_view = own.get("first_view_mm", 0)
        # A model with a first view in millimetres zooms towards cubes: thick slices stay until the others are as large.
        self.thickness = np.array(spacing) / min(spacing) if first_view else np.ones(3)
        whole = float((image.shape * self.thickness / self.patch).max())
        # Below 1.15 a zoom that only the voxels' size asks for is not worth a blurred look and a refinement.
        wanted = min(whole, first_view / (self.patch.min() * min(spacing)))
        self.first_zoom = wanted if wanted >= 1.15 else 1.0
        self.name, self.net, self.image, self.spacing = folder.name, net, image, np.array(spacing, float)
        self.begun = False
        self.drawn = 0.0
        self.channels = np.zeros((7, *image.shape), np.float32)
        self.intensity = 1.0
        self.random = np.random.default_rng(0)
        self.passes = 0

    @property
    def mask(self) -> np.ndarray:
        return self.channels[0] > 0.5

    def begin(self, mask: np.ndarray) -> None:
        """A mask to begin with."""
        self.channels[0] = mask
        self.begun = bool(mask.any())

    def _stamp(self, kind: str, positive: bool, low: np.ndarray, window: np.ndarray) -> None:
        self.intensity /= self.decay
        channel = self.channels[CHANNEL[kind] + (not positive)]
        a, b = np.maximum(low, 0), np.minimum(low + window.shape, self.image.shape)
        region = tuple(slice(x, y) for x, y in zip(a, b))
        part = window[tuple(slice(x, y) for x, y in zip(a - low, b - low))]
        channel[region] = np.maximum(channel[region], (part * self.intensity).astype(np.float16))

    def _queue(self, low: np.ndarray, high: np.ndarray) -> None:
        self.centre = np.array([half_even((a + b) / 2) for a, b in zip(low, high)])
        self.zoom = max(1.0, float(((high - low + self.patch // 3) / self.patch).max()))

    def prompt(self, prompt: Prompt) -> None:
        if prompt.kind == "point":
            self.point(prompt.centre, prompt.positive)
        else:
            self.region(prompt.kind, region_of(prompt, self.image.shape), prompt.positive)

    def point(self, voxel: np.ndarray, positive: bool) -> None:
        self._stamp("point", positive, np.asarray(voxel) - 4, BALL)
        self.centre, self.zoom, self.drawn, self.positive = np.asarray(voxel), 1.0, 0.0, positive

    def region(self, kind: str, mask: np.ndarray, positive: bool) -> None:
        """A filled box of one slice, a filled lasso, or a scribble, as a mask of the image's size."""
        places = np.argwhere(mask)
        low, high = places.min(0), places.max(0) + 1
        self._stamp(kind, positive, low, mask[tuple(slice(a, b) for a, b in zip(low, high))].astype(np.float32))
        self._queue(low, high)
        self.drawn = float(((high - low) * self.spacing).max())

    def _crop(self, volume: np.ndarray, low: np.ndarray, size: np.ndarray) -> torch.Tensor:
        out = np.zeros((volume.shape[0], *size), np.float32)
        a, b = np.maximum(low, 0), np.minimum(low + size, volume.shape[1:])
        if (b > a).all():
            region = tuple(slice(x, y) for x, y in zip(a, b))
            out[(slice(None), *(slice(x, y) for x, y in zip(a - low, b - low)))] = volume[(slice(None), *region)]
        return torch.from_numpy(out)

    def _build(self, centre: np.ndarray, zoom: float, least: float = 1.0) -> tuple[torch.Tensor, torch.Tensor, np.ndarray, np.ndarray]:
        """Network input, previous mask for the border test, and the box's lowest corner and size. No axis is zoomed by less than `least`."""
        zooms = np.maximum(least, zoom / self.thickness)
        size = np.array([half_even(p * z) for p, z in zip(self.patch, zooms)])
        low = centre - size // 2
        image = self._crop(self.image[None], low, size)
        prompts = self._crop(self.channels, low, size)
        previous = prompts[0]
        if (size != self.patch).any():
            target = tuple(int(p) for p in self.patch)
            edges = [dilation_edge(z) for z in zooms]
            previous = F.interpolate(previous[None, None], size=target, mode="nearest")[0, 0]
            small = torch.zeros((7, *target))
            for c in range(7):
                if not prompts[c].any():
                    continue
                channel = prompts[c][None, None]
                if c >= 3:
                    channel = F.max_pool3d(channel, edges, 1, [edge // 2 for edge in edges])
                small[c] = half(F.interpolate(channel, size=target, mode="area")[0, 0])
            image = F.interpolate(image[None], size=target, mode="trilinear")[0]
            prompts = small
        prompts = torch.cat([prompts[:1], half(prompts[1:] / self.intensity)])
        return torch.cat([image, prompts])[None], previous, low, size

    @torch.no_grad()
    def _run(self, x: torch.Tensor) -> torch.Tensor:
        self.passes += 1
        x = with_likeness(x) if self.likeness else x
        logits = self.net(x.contiguous(memory_format=torch.channels_last_3d))
        return (logits[0, 1] > logits[0, 0]).float()

    def _border_changed(self, predicted: torch.Tensor, previous: torch.Tensor) -> bool:
        for axis in range(3):
            for end in (0, -1):
                new, old = predicted.select(axis, end), previous.select(axis, end)
                a, b, d = float(old.sum()), float(new.sum()), int((new != old).sum())
                grown = max(a, b) / max(min(a, b), 1e-5) - 1
                if d > self.absolute or (d > self.minimum and grown > self.relative):
                    return True
        return False

    def _write(self, predicted: np.ndarray, low: np.ndarray) -> None:
        a, b = np.maximum(low, 0), np.minimum(low + predicted.shape, self.image.shape)
        if (b > a).all():
            part = predicted[tuple(slice(x, y) for x, y in zip(a - low, b - low))]
            self.channels[(0, *(slice(x, y) for x, y in zip(a, b)))] = part

    def predict(self) -> None:
        before = self.mask
        self._predict()
        # A mask that all began with is changed near the prompt only: so many times as far as its edge is.
        if self.reach and self.begun:
            self.channels[0] = np.where(self._reached(before), self.channels[0], before)
        # A point whose own voxel does not become what it says changes a ball there.
        if self.heeds_points and self.drawn == 0 and self.mask[tuple(self.centre)] != self.positive:
            radius = BALL.shape[0] // 2 * self.spacing.min()
            self.channels[0][self._distances(self.centre) <= radius * (1 + 1e-9)] = float(self.positive)

    def _distances(self, centre: np.ndarray) -> np.ndarray:
        """Of every voxel, in millimetres."""
        squares = [((np.arange(n) - c) * mm) ** 2 for n, c, mm in zip(self.image.shape, centre, self.spacing)]
        return np.sqrt(squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :])

    def _reached(self, mask: np.ndarray) -> np.ndarray:
        """The voxels that the newest prompt may change."""
        centre = np.minimum(self.centre, np.array(mask.shape) - 1)
        distances = self._distances(centre)
        other = mask != mask[tuple(centre)]
        edge = distances[other].min() if other.any() else np.inf
        return distances <= self.reach * max(edge, self.drawn / 2) * (1 + 1e-9)

    def _predict(self) -> None:
        least = min(4.0, self.zoom)
        zoom = min(4.0, max(least, self.first_zoom))
        x, previous, low, size = self._build(self.centre, zoom, least)
        predicted = self._run(x)
        while self._border_changed(predicted, previous) and zoom < 4:
            zoom = min(4.0, zoom * 1.5)
            x, previous, low, size = self._build(self.centre, zoom, least)
            predicted = self._run(x)
        if zoom == 1:
            self._write(predicted.numpy(), low)
            if self.second_look:
                x, _, low, _ = self._build(self.centre, 1.0)
                self._write(self._run(x).numpy(), low)
            return
        self._refine(predicted, low, size)

    def _refine(self, predicted: torch.Tensor, low: np.ndarray, size: np.ndarray) -> None:
        if (size != self.patch).any():
            predicted = (F.interpolate(predicted[None, None], size=tuple(int(s) for s in size), mode="trilinear")[0, 0] >= 0.5).float()
        coarse = predicted.numpy()
        seen_low, seen_high = np.maximum(low, 0), np.minimum(low + size, self.image.shape)
        seen = tuple(slice(a, b) for a, b in zip(seen_low, seen_high))
        in_patch = tuple(slice(a, b) for a, b in zip(seen_low - low, seen_high - low))
        before = self.channels[0][seen].copy()
        difference = torch.from_numpy((coarse[in_patch] != before).astype(np.float32))[None, None]
        opened = -F.max_pool3d(-difference, 5, 1, 2)
        opened = F.max_pool3d(opened, 5, 1, 2)[0, 0].numpy() > 0
        corners = [corner + seen_low for corner in self._cover(opened)]
        if not corners:
            corners = [self.centre - self.patch // 2]
        whole = self.channels[0].copy()
        self.channels[0][seen] = coarse[in_patch]
        for corner in corners:
            image = self._crop(self.image[None], corner, self.patch)
            prompts = self._crop(self.channels, corner, self.patch)
            prompts[1:] = half(prompts[1:] / self.intensity)
            refined = self._run(torch.cat([image, prompts])[None]).numpy()
            self._write(refined, corner)
            a, b = np.maximum(corner, 0), np.minimum(corner + self.patch, self.image.shape)
            if (b > a).all():
                region = tuple(slice(x, y) for x, y in zip(a, b))
                whole[region] = refined[tuple(slice(x, y) for x, y in zip(a - corner, b - corner))]
        self.channels[0] = whole

    def _cover(self, wanted: np.ndarray, stride: np.ndarray | None = None, depth: int = 0) -> list[np.ndarray]:
        """Lowest corners of boxes whose inner parts cover `wanted` (specification 6.7)."""
        places = np.argwhere(wanted)
        if len(places) == 0:
            return []
        if depth > 3:
            return self._random_cover(wanted.copy(), 25)
        low, high = places.min(0), places.max(0)
        if stride is None:
            stride = np.array([max(1, half_even(v)) for v in (high - low) / 4])
        axes = [np.arange(a, b + 1, s) for a, b, s in zip(low, high, stride)]
        candidates = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
        candidates = candidates[wanted[tuple(candidates.T)]]
        if len(candidates) == 0:
            return self._cover(wanted, np.maximum(1, stride // 2), depth + 1)
        left, out = wanted.copy(), []
        while len(candidates) and left.any():
            counts = [left[self._inner(q, wanted.shape)].sum() for q in candidates]
            best = int(np.argmax(counts))
            if counts[best] == 0:
                break
            out.append(candidates[best] - self.patch // 2)
            left[self._inner(candidates[best], wanted.shape)] = False
            candidates = candidates[left[tuple(candidates.T)]]
        return out + (self._random_cover(left, 10) if left.any() else [])

    def _inner(self, q: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, ...]:
        h = self.patch // 2
        low = np.maximum(0, q - h + self.margin)
        high = np.minimum(shape, q + self.patch - h - self.margin)
        return tuple(slice(a, b) for a, b in zip(low, high))

    def _random_cover(self, left: np.ndarray, draws: int) -> list[np.ndarray]:
        out = []
        while left.any():
            places = np.argwhere(left)
            picked = places[self.random.integers(len(places), size=draws)]
            best = picked[int(np.argmax([left[self._inner(q, left.shape)].sum() for q in picked]))]
            out.append(best - self.patch // 2)
            left[self._inner(best, left.shape)] = False
        return out
