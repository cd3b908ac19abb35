"""Train a promptable network: `torchrun --nproc-per-node 2 train.py --data DATA --from-model MODEL_FOLDER --state STATE_FOLDER`.

Every process takes worlds of its own on `threads` cores, and a step is made with the mean of all gradients. Plain `python train.py …` is
one process. Resumes from STATE_FOLDER when it holds a state. Create STATE_FOLDER/stop to end a run; it saves first.
"""

import argparse
import copy
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from data import read_config, subjects_learnt
from muon import optimizers
from network import read_model
from planes import use_plane_convolutions
from scans import load_scans
from sitting import lessons, validate
from worlds import World, make_world


class Worlds(IterableDataset):
    """Worlds `first`, `first + 1`, … of a seed, shared out among the processes and their workers."""

    def __init__(self, data: Path, cache: Path, first: int, config: dict, rank: int, ranks: int):
        self.data, self.cache, self.first, self.config, self.rank, self.ranks = data, cache, first, config, rank, ranks

    def __iter__(self):
        torch.set_num_threads(1)
        info = torch.utils.data.get_worker_info()
        if info:
            os.nice(5)  # a core that is late at a barrier costs more than a world that is late
        workers = info.num_workers if info else 1
        offset, stride = self.rank * workers + (info.id if info else 0), self.ranks * workers
        scans = load_scans(self.data, self.cache, self.config["learnt"])
        number = self.first + offset
        while True:
            yield number, make_world(self.config["seed"], number, scans, self.config["worlds_of"])
            number += stride


def loss_of(outputs: list[torch.Tensor], x: torch.Tensor, truth: torch.Tensor, before: torch.Tensor, corrected: bool) -> torch.Tensor:
    """Cross-entropy and Dice. Voxels near the newest prompt (the patch's middle) count more, and so do those that look like it and are
    no part of the object, and what was right before a correction. What is too much is paid for by its share of the object's size, too,
    since Dice hardly minds how far a flood goes, and so is what a correction lost."""
    axis = torch.arange(truth.shape[0]) - truth.shape[0] // 2
    squares = axis**2
    near = torch.exp(-(squares[:, None, None] + squares[None, :, None] + squares[None, None, :]) / (2 * 8.0**2))
    alike = (x[0, 10].abs() < 0.4) & (truth == 0)
    weight = 1 + near + 4 * alike
    if corrected:
        weight = weight + 2 * (before == truth)
    margin = outputs[0][0, 1] - outputs[0][0, 0]
    entropy = F.binary_cross_entropy_with_logits(margin, truth, weight, reduction="sum") / weight.sum()
    p = torch.sigmoid(margin)
    dice = 1 - (2 * (p * truth).sum() + 10) / (p.sum() + truth.sum() + 10)
    size = truth.sum() + 50
    total = entropy + dice + 0.3 * torch.log1p((p * (1 - truth)).sum() / size)
    if corrected:
        total = total + 0.3 * ((1 - p) * truth * before).sum() / size
    for level, output in enumerate(outputs[1:3], 1):
        small = F.avg_pool3d(truth[None], 2**level)[0]
        margin = output[0, 1] - output[0, 0]
        p = torch.sigmoid(margin)
        dice = 1 - (2 * (p * small).sum() + 3) / (p.sum() + small.sum() + 3)
        total = total + 0.5**level * (F.binary_cross_entropy_with_logits(margin, small) + dice)
    return total


def learning_rate(config: dict, number: int) -> float:
    warm = min(1.0, (number + 1) / config["warmup_steps"])
    fall = min(1.0, max(0.0, (config["steps"] - number) / config["decay_steps"]))
    return config["learning_rate"] * warm * fall


def average_gradients(net: nn.Module, ranks: int) -> None:
    """Give every process the mean of all processes' gradients."""
    parts = [p.grad for p in net.parameters() if p.grad is not None]
    flat = torch.cat([part.reshape(-1) for part in parts])
    dist.all_reduce(flat)
    flat /= ranks
    for part, mean in zip(parts, flat.split([part.numel() for part in parts])):
        part.copy_(mean.view(part.shape))


def validation_worlds(data: Path, state: Path, config: dict) -> list[World]:
    """Worlds of a seed of their own, made once."""
    file = state / "validation.pt"
    if not file.exists():
        scans = load_scans(data, state / "cache", config["learnt"])
        torch.save([make_world(config["seed"] + 1000, n, scans, config["worlds_of"]) for n in range(config["validation_worlds"])], file)
    return torch.load(file, weights_only=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--from-model", type=Path, required=True, help="model folder whose architecture and weights are the start")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("config.toml"))
    parser.add_argument("--pause-file", type=Path, help="training waits while this file exists")
    parser.add_argument("--without-fold", type=int, help="of the configuration: do not learn from its subjects, so that they can be scored")
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    config = read_config(args.config)
    config["learnt"] = subjects_learnt(config, args.without_fold)
    torch.manual_seed(config["seed"])
    torch.set_num_threads(config["threads"])
    args.state.mkdir(parents=True, exist_ok=True)
    state_file, stop_file = args.state / "state.pt", args.state / "stop"
    rank, ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if rank == 0:
        stop_file.unlink(missing_ok=True)
    if ranks > 1:
        dist.init_process_group("gloo")

    net = read_model(args.from_model, deep_supervision=True).to(memory_format=torch.channels_last_3d)
    use_plane_convolutions(net)
    steppers = optimizers(net, config["weight_decay"])
    average = copy.deepcopy(net)
    done = first_world = 0
    if state_file.exists():
        state = torch.load(state_file, weights_only=False)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        for stepper, own in zip(steppers, state["optimizers"]):
            stepper.load_state_dict(own)
        done, first_world = state["step"], state["world"] // ranks * ranks + ranks
        if rank == 0:
            print(f"resumed at step {done}", flush=True)

    def save(world: int) -> None:
        part = state_file.with_suffix(".part")
        own = [stepper.state_dict() for stepper in steppers]
        torch.save({"net": net.state_dict(), "average": average.state_dict(), "optimizers": own, "step": done, "world": world, "learnt": config["learnt"]}, part)
        part.replace(state_file)

    def step() -> None:
        if ranks > 1:
            average_gradients(net, ranks)
        norm = nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for stepper in steppers:
            for group in stepper.param_groups:
                group["lr"] = learning_rate(config, done)
            if torch.isfinite(norm):
                stepper.step()
        net.zero_grad(set_to_none=True)
        with torch.no_grad():
            for slow, fast in zip(average.parameters(), net.parameters()):
                slow.lerp_(fast, 1 - config["ema"])

    log = (args.state / "log.jsonl").open("a")

    def record(entry: dict) -> None:
        print(json.dumps(entry), flush=True)
        log.write(json.dumps(entry) + "\n")
        log.flush()

    held = validation_worlds(args.data, args.state, config) if rank == 0 else []
    if rank == 0 and done == 0:
        record({"step": 0, "validation": validate(average, held, config["patch"])})
    dataset = Worlds(args.data, args.state / "cache", first_world, config, rank, ranks)
    loader = DataLoader(dataset, batch_size=None, num_workers=args.workers, prefetch_factor=4 if args.workers else None)
    losses: list[float] = []
    dices: dict[tuple[str, int], list[float]] = {}
    last_save = last_log = time.time()
    for world, sitting, turn in lessons(loader, config):
        while args.pause_file and args.pause_file.exists():
            time.sleep(1)
        if done >= config["steps"]:
            break
        x, truth = sitting.inputs()
        learnt = not sitting.ambiguous
        with torch.set_grad_enabled(learnt), torch.autocast("cpu", torch.bfloat16, enabled=config["bfloat16"]):
            outputs = net(x)
        if not learnt:
            sitting.answer(outputs[0])
            continue
        loss = loss_of([output.float() for output in outputs], x, truth, sitting.before, corrected=turn > 0 or sitting.mends or sitting.looks_again)
        loss.backward()
        step()
        done += 1
        losses.append(loss.item())
        dice = sitting.answer(outputs[0].detach())
        if not sitting.looks_again:
            dices.setdefault((sitting.world.source.split()[0], turn), []).append(dice)
        if rank == 0 and done % config["log_every"] == 0:
            now = time.time()
            by_turn = [np.mean([d for (_, t), ds in dices.items() if t == turn for d in ds] or [0]) for turn in range(3)]
            kinds = {kind: round(float(np.mean(ds)), 3) for (kind, t), ds in sorted(dices.items()) if t == 0}
            timing = {"seconds_per_step": round((now - last_log) / config["log_every"], 3), "time": time.strftime("%H:%M:%S")}
            record({"step": done, "world": world, "loss": round(float(np.mean(losses)), 4), "dice": [round(float(d), 3) for d in by_turn], "first": kinds} | timing)
            losses, dices, last_log = [], {}, now
        if rank == 0 and done % config["validate_every"] == 0:
            record({"step": done, "validation": validate(average, held, config["patch"])})
        if rank == 0 and time.time() - last_save > config["save_seconds"]:
            save(world)
            last_save = time.time()
        if done % 10 == 0 and stop_file.exists():
            break
    if rank == 0:
        save(world)
        print(f"stopped at step {done}", flush=True)
    os._exit(0)  # workers are in the middle of a world that nobody needs


if __name__ == "__main__":
    main()
