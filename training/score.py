"""Score models with simulated users on the held-out cases whose labels were drawn by people.

`python score.py --data DATA --out scores.json --model FOLDER [--folds FOLDER …] [--baseline] [--first point box …] [--prompts 10]`

A case the model has learnt from is scored by the first of the `--folds`, networks trained like it, that has not.

The first prompt is of one of the kinds of `users.py`; every later one is a point at the largest error. Which targets of a case are used is
fixed by a seed. Means are over cases (targets of a case first averaged); intervals are 95 % bootstrap intervals over cases.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from baseline import Geodesic
from data import LEARNT, Case, learnt_by, normalise, read_array, read_case, read_cases, read_config, scoring_cases, spacing_of
from engine import Engine
from network import read_model
from planes import use_plane_convolutions
from prompts import Prompt
from sitting import nearly_right
from users import KINDS, first_prompt, next_point, point

COUNTS = (1, 2, 3, 5, 10)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / max(1, a.sum() + b.sum()))


def sit(tool: Engine | Geodesic, truth: np.ndarray, first: str, prompts: int) -> dict:
    """One simulated user: Dice and seconds after every prompt. A perfect answer ends the run and is repeated to its end.
    Where all prompts are points, `prompts` holds them with voxels as `[i, j, k]`, in the form `septum segment` reads."""
    scores, seconds, made = [], [], []
    prompt: Prompt | None = first_prompt(truth, first)
    while prompt and len(scores) < prompts:
        made.append({"kind": "point", "voxel": [int(v) for v in prompt.centre[::-1]], "positive": prompt.positive})
        began = time.perf_counter()
        tool.prompt(prompt)
        tool.predict()
        seconds.append(round(time.perf_counter() - began, 3))
        scores.append(round(dice(tool.mask, truth), 4))
        prompt = next_point(truth, tool.mask)
    scores += scores[-1:] * (prompts - len(scores))
    return {"first": first, "dice": scores, "seconds": seconds, "passes": tool.passes} | ({"prompts": made} if first == "point" else {})


def chosen_targets(case: Case, per_case: int) -> list[int]:
    order = np.random.default_rng([5, *case.id.encode()]).permutation(case.targets)
    return [int(t) for t in order[:per_case]]


def engines(folders: list[Path], config: dict) -> Callable[[np.ndarray, Case | None], Engine]:
    """Makes engines with the first network of `folders` that has not learnt from a case; without a case, with the first."""
    nets = {folder: use_plane_convolutions(read_model(folder).eval().to(memory_format=torch.channels_last_3d)) for folder in folders}

    def make(image: np.ndarray, case: Case | None) -> Engine:
        folder = next(f for f in nets if case is None or case.subject not in learnt_by(f, config))
        return Engine(folder, nets[folder], image, spacing_of(case) if case else (1, 1, 1))

    return make


def run_all(name: str, make: Callable[[np.ndarray, Case], Engine | Geodesic], cases: list[Case], firsts: list[str], prompts: int, per_case: int, budget: float, pause: Path | None) -> list[dict]:
    runs, began = [], time.time()
    for case in cases:
        if time.time() - began > budget:
            print(f"{name}: time is up, {case.id} and later cases not scored", flush=True)
            break
        image, label = read_case(case)
        for target in chosen_targets(case, per_case):
            for first in firsts:
                while pause and pause.exists():
                    time.sleep(1)
                tool = make(image, case)
                run = sit(tool, label == target, first, prompts)
                run |= {"tool": name, "network": tool.name, "case": case.id, "modality": case.modality.split()[0], "anatomy": case.anatomy, "target": case.names[target]}
                runs.append(run)
                print(name, case.id, case.names[target], first, run["dice"], f"{sum(run['seconds']):.0f} s, {run['passes']} passes", flush=True)
    return runs


def alike(make: Callable[[np.ndarray], Engine | Geodesic]) -> dict:
    """Of eight balls that look the same, how much is found of the one that was clicked, and of the one most found of the others. A mean
    Dice over single structures does not show a tool that finds whatever looks like the place clicked at."""
    shape = (40, 50, 60)
    grid = np.indices(shape)
    image = np.random.default_rng(2).normal(-50, 10, shape)
    centres = [np.array([10 + 20 * (n & 1), 12 + 25 * (n >> 1 & 1), 14 + 31 * (n >> 2 & 1)]) for n in range(8)]
    balls = [((grid - centre[:, None, None, None]) ** 2).sum(0) < (6 + n % 3) ** 2 for n, centre in enumerate(centres)]
    image[np.any(balls, 0)] += 200
    clicked, others = [], []
    for n, centre in enumerate(centres):
        tool = make(normalise(image))
        tool.prompt(point(centre, True))
        tool.predict()
        found = [float(tool.mask[ball].mean()) for ball in balls]
        clicked.append(found.pop(n))
        others.append(max(found))
    return {"found of the ball clicked": round(float(np.mean(clicked)), 3), "most found of another": round(float(np.mean(others)), 3)}


def mended(make: Callable[[np.ndarray, Case], Engine], cases: list[Case], per_case: int) -> dict:
    """How masks that are loaded, and right but for one place, fare under corrections: Dice before, and after so many points."""
    rows = []
    for case in cases:
        image, label = read_case(case)
        for target in chosen_targets(case, per_case):
            truth, tool = label == target, make(image, case)
            tool.begin(nearly_right(np.random.default_rng([6, *case.id.encode(), target]), truth))
            row = [dice(tool.mask, truth)]
            while len(row) <= COUNTS[3] and (prompt := next_point(truth, tool.mask)):
                tool.prompt(prompt)
                tool.predict()
                row.append(dice(tool.mask, truth))
            rows.append(row + row[-1:] * (COUNTS[3] + 1 - len(row)))
            print("mended", case.id, case.names[target], np.round(row, 3), flush=True)
    means = np.round(np.mean(rows, 0), 3).tolist()
    return {"runs": len(rows), "before": means[0], "dice": {count: means[count] for count in COUNTS[:4]}, "runs_with_a_prompt_that_cost_more_than_0.1": sum(any(b < a - 0.1 for a, b in zip(row, row[1:])) for row in rows)}


def by_case(runs: list[dict], count: int) -> np.ndarray:
    cases = sorted({run["case"] for run in runs})
    return np.array([np.mean([run["dice"][count - 1] for run in runs if run["case"] == case]) for case in cases])


def summary(runs: list[dict], prompts: int) -> dict:
    rng = np.random.default_rng(0)
    out: dict = {"cases": len({run["case"] for run in runs}), "runs": len(runs), "dice": {}}
    for count in (c for c in COUNTS if c <= prompts):
        values = by_case(runs, count)
        draws = values[rng.integers(len(values), size=(4000, len(values)))].mean(1)
        low, high = np.percentile(draws, (2.5, 97.5))
        out["dice"][count] = {"mean": round(float(values.mean()), 3), "interval": [round(float(low), 3), round(float(high), 3)]}
    worse = [any(b < a - 0.1 for a, b in zip(run["dice"], run["dice"][1:])) for run in runs]
    out["runs_with_a_prompt_that_cost_more_than_0.1"] = round(float(np.mean(worse)), 3)
    out["seconds_per_prompt"] = round(float(np.mean([s for run in runs for s in run["seconds"]])), 2)
    return out


def report(runs: list[dict], prompts: int) -> dict:
    """Summaries by tool: of runs that begin with a point over all and by modality and anatomy, and of each kind of first prompt."""
    out: dict = {}
    for tool in dict.fromkeys(run["tool"] for run in runs):
        of_tool = [run for run in runs if run["tool"] == tool]
        own = [run for run in of_tool if run["first"] == "point"]
        firsts = [kind for kind in KINDS if any(run["first"] == kind for run in of_tool)]
        out[tool] = {"all": summary(own, prompts), "first": {kind: summary([r for r in of_tool if r["first"] == kind], prompts) for kind in firsts}}
        for key in ("modality", "anatomy"):
            groups = sorted({run[key] for run in own})
            out[tool][key] = {g: summary([run for run in own if run[key] == g], prompts) for g in groups}
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--folds", type=Path, nargs="+", default=[])
    parser.add_argument("--baseline", action="store_true")
    parser.add_argument("--first", nargs="+", choices=KINDS, default=list(KINDS), help="kinds of the first prompt, each a run of its own")
    parser.add_argument("--prompts", type=int, default=10)
    parser.add_argument("--per-case", type=int, default=2)
    parser.add_argument("--budget", type=float, default=1e9, help="seconds a tool may take before no further case is begun")
    parser.add_argument("--pause-file", type=Path, help="scoring waits while this file exists")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    # Small scans first, so that a run cut short by its budget has seen many cases; the order does not depend on the model.
    config = read_config()
    cases = sorted(scoring_cases(read_cases(args.data), config[LEARNT]), key=lambda case: read_array(case.image_path).size)
    runs: list[dict] = json.loads(args.out.read_text())["runs"] if args.out.exists() else []
    balls: dict = json.loads(args.out.read_text()).get("alike", {}) if args.out.exists() else {}
    mends: dict = json.loads(args.out.read_text()).get("mended", {}) if args.out.exists() else {}

    def score(name: str, make: Callable[[np.ndarray, Case | None], Engine | Geodesic]) -> None:
        """Of the tool `name`, what is not in the file yet."""
        done = {run["first"] for run in runs if run["tool"] == name}
        firsts = [kind for kind in args.first if kind not in done]
        if name not in balls:
            balls[name] = alike(lambda image: make(image, None))
        runs.extend(run_all(name, make, cases, firsts, args.prompts, args.per_case, args.budget, args.pause_file) if firsts else [])

    if args.baseline:
        score("geodesic", lambda image, _: Geodesic(image))
    if args.model:
        make = engines([args.model, *args.folds], config)
        score(args.model.name, make)
        if args.model.name not in mends:
            mends[args.model.name] = mended(make, cases, args.per_case)
    result = {"prompts": args.prompts, "per_case": args.per_case, "summary": report(runs, args.prompts), "alike": balls, "mended": mends, "runs": runs}
    args.out.write_text(json.dumps(result, indent=1))
    for tool, groups in result["summary"].items():
        print(tool, json.dumps(balls.get(tool)), json.dumps(mends.get(tool)))
        for kind, values in groups["first"].items():
            print("  first a", kind, json.dumps(values))


if __name__ == "__main__":
    main()
