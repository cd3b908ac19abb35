"""Train a promptable network: `python train.py --data DATA --start MODEL_FOLDER --state STATE_FOLDER [--config config.toml]`.

Resumes from STATE_FOLDER when it holds a state. Stop it with SIGTERM or SIGINT; it saves first.
"""

import argparse
import copy
import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from data import read_config
from muon import optimizers
from network import read_model
from planes import use_plane_convolutions
from prompts import Prompt, correction, deep_voxel, draw, first_prompt, make_prompt
from scans import load_scans
from worlds import World, make_world


class Worlds(IterableDataset):
    """Worlds `first`, `first + 1`, … of a seed, shared out among the workers."""

    def __init__(self, data: Path, cache: Path, first: int, config: dict):
        self.data, self.cache, self.first, self.config = data, cache, first, config

    def __iter__(self):
        torch.set_num_threads(1)
        info = torch.utils.data.get_worker_info()
        if info:
            os.nice(5)  # a core that is late at a barrier costs more than a world that is late
        offset, stride = (info.id, info.num_workers) if info else (0, 1)
        scans = load_scans(self.data, self.cache, self.config["drawn_subjects_learnt"])
        number = self.first + offset
        while True:
            yield number, make_world(self.config["seed"], number, scans, self.config["worlds_of"])
            number += stride


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
        """Network input `[1, 8, n, n, n]` and truth `[n, n, n]` of the patch around the newest prompt."""
        self.origin = np.asarray(self.centre) - self.patch // 2
        image = torch.from_numpy(cut(self.world.image, self.origin, self.patch))
        before = torch.from_numpy(cut(self.mask, self.origin, self.patch).astype(np.float32))
        self.before = before
        if self.world.zoom != 1 and self.rng.random() < 0.5:
            before = F.avg_pool3d(before[None, None], 3, 1, 1)[0, 0]
        prompts = torch.from_numpy(draw(self.prompts, self.origin, self.world.zoom, self.patch))
        x = torch.cat([image[None], before[None], prompts])[None]
        return x.contiguous(memory_format=torch.channels_last_3d), torch.from_numpy(cut(self.world.truth, self.origin, self.patch)).float()

    def answer(self, logits: torch.Tensor) -> float:
        """Take the prediction over and return its Dice in the patch."""
        predicted = (logits[0, 1] > logits[0, 0]).numpy()
        truth = cut(self.world.truth, self.origin, self.patch)
        paste(self.mask, predicted, self.origin)
        paste(self.seen, np.ones_like(predicted), self.origin)
        return float(2 * (predicted & truth).sum() / max(1, predicted.sum() + truth.sum()))


def loss_of(outputs: list[torch.Tensor], truth: torch.Tensor, before: torch.Tensor, corrected: bool) -> torch.Tensor:
    """Cross-entropy and Dice. Voxels near the newest prompt (the patch's middle) count more, and so does spoiling what was right."""
    axis = torch.arange(truth.shape[0]) - truth.shape[0] // 2
    squares = axis**2
    near = torch.exp(-(squares[:, None, None] + squares[None, :, None] + squares[None, None, :]) / (2 * 8.0**2))
    weight = 1 + 4 * near
    if corrected:
        weight = weight + (before == truth)
    margin = outputs[0][0, 1] - outputs[0][0, 0]
    entropy = F.binary_cross_entropy_with_logits(margin, truth, weight, reduction="sum") / weight.sum()
    p = torch.sigmoid(margin)
    dice = 1 - (2 * (p * truth).sum() + 10) / (p.sum() + truth.sum() + 10)
    total = entropy + dice
    for level, output in enumerate(outputs[1:3], 1):
        small = F.avg_pool3d(truth[None], 2**level)[0]
        margin = output[0, 1] - output[0, 0]
        p = torch.sigmoid(margin)
        dice = 1 - (2 * (p * small).sum() + 3) / (p.sum() + small.sum() + 3)
        total = total + 0.5**level * (F.binary_cross_entropy_with_logits(margin, small) + dice)
    return total


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


def learning_rate(config: dict, number: int) -> float:
    warm = min(1.0, (number + 1) / config["warmup_worlds"])
    fall = min(1.0, max(0.0, (config["worlds"] - number) / config["decay_worlds"]))
    return config["learning_rate"] * warm * fall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="model folder whose architecture and weights are the start")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("config.toml"))
    parser.add_argument("--pause-file", type=Path, help="training waits while this file exists")
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    config = read_config(args.config)
    torch.manual_seed(config["seed"])
    args.state.mkdir(parents=True, exist_ok=True)
    state_file = args.state / "state.pt"

    net = read_model(args.start, deep_supervision=True).to(memory_format=torch.channels_last_3d)
    use_plane_convolutions(net)
    steppers = optimizers(net, config["weight_decay"])
    average = copy.deepcopy(net)
    number = 0
    if state_file.exists():
        state = torch.load(state_file, weights_only=False)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        for stepper, own in zip(steppers, state["optimizers"]):
            stepper.load_state_dict(own)
        number = state["number"]
        print(f"resumed at world {number}", flush=True)

    def save() -> None:
        part = state_file.with_suffix(".part")
        own = [stepper.state_dict() for stepper in steppers]
        parts = {"net": net.state_dict(), "average": average.state_dict(), "optimizers": own, "number": number}
        torch.save(parts, part)
        part.replace(state_file)

    def step(norm_limit: float) -> None:
        norm = nn.utils.clip_grad_norm_(net.parameters(), norm_limit)
        if torch.isfinite(norm):
            for stepper in steppers:
                stepper.step()
        net.zero_grad(set_to_none=True)
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), net.parameters()):
                slow.lerp_(fast, 1 - config["ema"])

    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    dataset = Worlds(args.data, args.state / "cache", number, config)
    loader = iter(DataLoader(dataset, batch_size=None, num_workers=args.workers, prefetch_factor=4 if args.workers else None))
    torch.set_num_threads(config["threads"])
    log = (args.state / "log.jsonl").open("a")
    rows: list[tuple[str, float, list[float]]] = []
    held: list[World] = []
    last_save = last_log = time.time()
    passes = 0
    while number < config["worlds"] and not stopping:
        while args.pause_file and args.pause_file.exists() and not stopping:
            time.sleep(1)
        if stopping:
            break
        number_of_world, world = next(loader)
        if len(held) < config["validation_worlds"] and number == 0:
            held.append(world)  # the first worlds of a run are kept for validation and never trained on
            if len(held) == config["validation_worlds"]:
                torch.save(held, args.state / "validation.pt")
                number = number_of_world + 1
                scores = validate(average, held, config["patch"])
                print("validation at start", scores, flush=True)
                log.write(json.dumps({"world": number, "validation": scores}) + "\n")
            continue
        number = number_of_world + 1
        for group in (group for stepper in steppers for group in stepper.param_groups):
            group["lr"] = learning_rate(config, number)
        rng = np.random.default_rng([config["seed"], number, 1])
        sitting = Sitting(rng, world, config["patch"], config["coarse_start"])
        rounds = int(rng.integers(config["min_rounds"], config["max_rounds"] + 1))
        dices, losses = [], []
        for turn in range(rounds):
            x, truth = sitting.inputs()
            outputs = net(x)
            loss = loss_of(outputs, truth, sitting.before, corrected=turn > 0)
            loss.backward()
            step(norm_limit=1.0)
            losses.append(loss.item())
            dices.append(sitting.answer(outputs[0].detach()))
            passes += 1
            if turn + 1 < rounds and not sitting.correct():
                break
        rows.append((world.source.split()[0], float(np.mean(losses)), dices))
        if len(rows) == 20:
            now = time.time()
            first = [r[2][0] for r in rows]
            last = [r[2][-1] for r in rows]
            kinds = {k: round(float(np.mean([r[2][0] for r in rows if r[0] == k])), 3) for k in sorted({r[0] for r in rows})}
            entry = {
                "world": number,
                "loss": round(float(np.mean([r[1] for r in rows])), 4),
                "dice_first": round(float(np.mean(first)), 4),
                "dice_last": round(float(np.mean(last)), 4),
                "first_by_source": kinds,
                "seconds_per_pass": round((now - last_log) / passes, 3),
                "time": time.strftime("%H:%M:%S"),
            }
            print(json.dumps(entry), flush=True)
            log.write(json.dumps(entry) + "\n")
            log.flush()
            rows, last_log, passes = [], now, 0
        if number % config["validate_every"] == 0:
            held = torch.load(args.state / "validation.pt", weights_only=False)
            scores = validate(average, held, config["patch"])
            print("validation", number, scores, flush=True)
            log.write(json.dumps({"world": number, "validation": scores}) + "\n")
        if time.time() - last_save > config["save_seconds"]:
            save()
            last_save = time.time()
    save()
    print(f"stopped at world {number}", flush=True)


if __name__ == "__main__":
    main()
