"""Texts to vectors by a sentence-transformers model: texts a second of Attune and of sentence-transformers, in turn.

    python embed.py --model DIR --text FILE [--attune ../../build/attune] [--batch-size 32] [--threads 2] [--repeats 5]

FILE has a text a line, of which what follows a tab is left out; the first 1,024 are taken, again and again where there are
fewer. Both tokenise them, sort them by length and compute in float32 (--dtype bfloat16: both in bfloat16); both have done
all of them once before they are timed. Also says how far apart the vectors are.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import run_once

HERE = Path(__file__).parent
TEXTS, ROUNDS = 1024, 3


def texts_of(path):
    lines = [line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    return [lines[i % len(lines)] for i in range(TEXTS)]


def peer(a):
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(a.threads)
    model = SentenceTransformer(str(a.model), device="cpu", model_kwargs={"dtype": getattr(torch, a.dtype)})
    texts = texts_of(a.text)
    vectors = model.encode(texts, batch_size=a.batch_size)
    start = time.perf_counter()
    for _ in range(ROUNDS):
        model.encode(texts, batch_size=a.batch_size)
    rate = ROUNDS * TEXTS / (time.perf_counter() - start)
    np.save(a.out, vectors.astype(np.float32))
    print(json.dumps({"texts_per_second": rate}))


def attune_command(a, folder):
    source = folder / "texts.txt"
    source.write_text((1 + ROUNDS) * "".join(text + "\n" for text in texts_of(a.text)), encoding="utf-8")
    command = [a.attune, "embed", str(a.model), "--input", str(source), "--out", str(folder / "ours.npy")]
    command += ["--batch-size", str(a.batch_size), "--dtype", a.dtype, "--threads", str(a.threads), "--timings"]
    return command


def attune_rate(outcome):
    """The texts of the last rounds over the time from the end of the first one's batches to the end of all."""
    times = json.loads(outcome.stderr.splitlines()[-1])
    seconds = times["batch_seconds"]
    assert times["texts"] == (1 + ROUNDS) * TEXTS and len(seconds) % (1 + ROUNDS) == 0, times["texts"]
    return ROUNDS * TEXTS / sum(seconds[len(seconds) // (1 + ROUNDS) :])


def run(command, threads):
    outcome = run_once(command, threads)
    if outcome.status != 0:
        sys.exit(f"{' '.join(command)}\nexit {outcome.status}: {outcome.stderr}")
    return outcome


def compare(a):
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, str(HERE / "embed.py"), *sys.argv[1:], "--peer", "--out", str(folder / "theirs.npy")]
        for _ in range(a.repeats):
            theirs.append(json.loads(run(command, a.threads).stdout.splitlines()[-1])["texts_per_second"])
            ours.append(attune_rate(run(attune_command(a, folder), a.threads)))
        difference = np.abs(np.load(folder / "ours.npy")[:TEXTS] - np.load(folder / "theirs.npy")).max()
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(f"{a.model.name}, {a.dtype}, batch {a.batch_size}, {a.threads} threads, medians of {a.repeats}: "
          f"Attune {mine:.0f} texts/s, sentence-transformers {other:.0f}, {mine / other:.2f} times; "
          f"vectors within {difference:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--attune", default=str(HERE.parent.parent / "build" / "attune"))
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    a = parser.parse_args()
    peer(a) if a.peer else compare(a)


if __name__ == "__main__":
    main()
