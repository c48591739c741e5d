"""Does bfloat16 train as well as float32? GPT-2 124M, the same batches, 4 x 64 tokens a step, by Attune alone.

    python loss_by_dtype.py --attune ../../build/attune --text FILE --model CACHE/gpt2-f32 [--steps 200]

The last 32 KiB of the text are held out; prints the loss on them after the last step in either type.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

HELD_OUT = 32 * 1024

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--attune", required=True)
parser.add_argument("--text", type=Path, required=True)
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--threads", type=int, default=2)
a = parser.parse_args()

losses = {}
with tempfile.TemporaryDirectory() as folder:
    train, valid = Path(folder) / "train.txt", Path(folder) / "valid.txt"
    text = a.text.read_bytes()
    train.write_bytes(text[:-HELD_OUT])
    valid.write_bytes(text[-HELD_OUT:])
    for dtype in ("float32", "bfloat16"):
        out = Path(folder) / dtype
        command = [a.attune, "train", "lm", "--model", a.model, "--train", train, "--valid", valid, "--out", out]
        command += ["--context", 64, "--batch-size", 4, "--max-steps", a.steps, "--dtype", dtype, "--save-steps", 0]
        command += ["--learning-rate", 3e-4, "--warmup-steps", 20, "--weight-decay", 0.1, "--seed", 1]
        subprocess.run([*map(str, command), "--threads", str(a.threads)], check=True)
        lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
        losses[dtype] = [line["eval_loss"] for line in lines if "eval_loss" in line][-1]
print(json.dumps(losses | {"difference": losses["bfloat16"] - losses["float32"]}))
