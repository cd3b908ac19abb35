"""Repeat scored runs through Septum's own command and compare the Dice after the last prompt.

`python through_cli.py --data DATA --scores scores.json --model FOLDER --cases ID [ID …]`, from a built checkout. Runs with zooming may
differ a little: where the box cover needs chance, the two engines draw differently.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

from data import read_array, read_cases
from score import dice

COMMAND = ["node", str(Path(__file__).parents[1] / "packages" / "cli" / "dist" / "main.js")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--cases", nargs="+", required=True)
    args = parser.parse_args()
    cases = {case.id: case for case in read_cases(args.data)}
    for run in json.loads(args.scores.read_text())["runs"]:
        if run.get("network") != args.model.name or run["first"] != "point" or run["case"] not in args.cases:
            continue
        case = cases[run["case"]]
        with tempfile.TemporaryDirectory() as folder:
            prompts, out = Path(folder) / "prompts.json", Path(folder) / "mask.nii.gz"
            prompts.write_text(json.dumps(run["prompts"]))
            files = ["--prompts", str(prompts), "--out", str(out), "--model", str(args.model.resolve()), "--threads", "1"]
            subprocess.run([*COMMAND, "segment", str(case.image_path), *files], check=True, capture_output=True, text=True)
            target = next(value for value, name in case.names.items() if name == run["target"])
            found = dice(read_array(out) > 0, read_array(case.label_path) == target)
        print(case.id, run["target"], "scored", run["dice"][-1], "through the command", round(found, 4), flush=True)


if __name__ == "__main__":
    main()
