"""Hugging Face opens what Attune saves: trains a tiny model of characters and one of BPE, or takes directories."""

import argparse
import tempfile
from pathlib import Path

from agreement import check, run

TOKENIZERS = {"characters": "char", "bpe": "bpe:500"}


def train(build, text, tokenizer, out):
    shape = ["--layers", 2, "--heads", 2, "--width", 32, "--context", 64]
    steps = ["--batch-size", 8, "--max-steps", 50, "--learning-rate", 3e-3]
    run([build / "attune", "train", "lm", "--train", text, "--tokenizer", tokenizer, *shape, *steps, "--out", out])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has attune and dump_logits")
    parser.add_argument("--text", type=Path, required=True, help="to train on and to take samples from")
    parser.add_argument("directories", type=Path, nargs="*", help="models trained on that text")
    a = parser.parse_args()
    text = a.text.read_text(encoding="utf-8")
    samples = [text[i : i + n] for i, n in ((0, 40), (1000, 17), (5000, 1), (7001, 30))]
    with tempfile.TemporaryDirectory() as folder:
        directories = a.directories
        for name, tokenizer in TOKENIZERS.items() if not directories else ():
            train(a.build, a.text, tokenizer, Path(folder) / name)
            directories = [*directories, Path(folder) / name]
        for directory in directories:
            check(a.build, directory, samples)


if __name__ == "__main__":
    main()
