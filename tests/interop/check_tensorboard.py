"""Reads a training directory's event files with TensorBoard itself (pip install tensorboard).

    check_tensorboard.py DIR

Every number of DIR/log.jsonl that has a curve must be found at its step, to the precision of float32: "loss" under
"train/loss", "eval_loss" under "eval/loss".
"""

import json
import math
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def read_scalars(directory):
    events = EventAccumulator(str(directory), size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    return {tag: {point.step: point.value for point in events.Scalars(tag)} for tag in events.Tags()["scalars"]}


def main():
    directory = Path(sys.argv[1])
    scalars = read_scalars(directory)
    assert scalars, f"{directory}: no scalars in the event files"
    for tag, points in sorted(scalars.items()):
        print(f"{tag}: {len(points)} points, steps {min(points)} to {max(points)}, last {points[max(points)]:.6g}")

    by_name = {tag.removeprefix("train/").replace("eval/", "eval_"): points for tag, points in scalars.items()}
    compared = 0
    for line in (directory / "log.jsonl").read_text().splitlines():
        entry = json.loads(line)
        for name in entry.keys() & by_name.keys():
            got = by_name[name].get(entry["step"])
            assert got is not None, f"step {entry['step']} has no {name} in the event files"
            rounding = 0.051 if name.endswith("_per_second") else 0  # the log has one decimal of it
            same = math.isclose(got, entry[name], rel_tol=1e-6, abs_tol=rounding)
            assert same, f"step {entry['step']}: {name} {got} != {entry[name]}"
            compared += 1
    assert compared, f"{directory}/log.jsonl and the event files share no names"
    print(f"{compared} numbers agree with log.jsonl")


if __name__ == "__main__":
    main()
