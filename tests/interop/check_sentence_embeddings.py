"""`attune embed` against sentence-transformers: the vectors of texts, the hostile ones included.

    python check_sentence_embeddings.py --attune build/attune --model DIR --text FILE

DIR is a sentence-transformers directory or an encoder of Hugging Face's; FILE has a text a line, of which what follows a
tab is left out. The first 200 are compared, and hostile ones. The encoder of DIR is then saved by sentence-transformers
with every kind of pooling, a dense layer and prompts, and compared again.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules

TOLERANCE = 1e-5
HOSTILE = [
    "",
    " ",
    "\u00a0\u2003",
    "word " * 3000,
    "x" * 100_000,
    "\u4f60\u597d\uff0c\u4e16\u754c \u0645\u0631\u062d\u0628\u0627 \u0928\u092e\u0938\u094d\u0924\u0947",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f3\ufe0f\u200d\U0001f308",
    "e\u0301te\u0301 \uff26\uff35\uff2c\uff2c \u202eright to left\u202c",
    "\x01\x02control\x7f\u0085\u200b\ufeff",
    "[CLS] [SEP] [MASK] [PAD] [UNK] <s> </s> <mask>",
    "a\tb\tc",
    "UPPER lower MiXed \u0130stanbul stra\u00dfe",
    "\ue000\U000f0000 private \ufffd",
]


def texts_of(path):
    lines = [line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    return lines[:200] + HOSTILE


def ours(attune, directory, texts, folder, *more):
    """A JSON lines file, since some of the texts have ends of lines in them."""
    source, target = folder / "texts.jsonl", folder / "vectors.npy"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    command = [attune, "embed", directory, "--input", source, "--out", target, *more]
    done = subprocess.run([str(c) for c in command], capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.decode()}")
    return np.load(target)


def check(attune, directory, texts, folder, title):
    model = SentenceTransformer(str(directory), device="cpu")
    cases = {"": (model.encode, [])} | {f" {name}": (model.encode, [name]) for name, text in model.prompts.items() if text}
    for prompt, (encode, names) in cases.items():
        expected = encode(texts, batch_size=32, prompt_name=names[0] if names else None)
        got = ours(attune, directory, texts, folder, *(["--prompt-name", names[0]] if names else []))
        assert got.dtype == np.float32 and got.shape == expected.shape, (got.dtype, got.shape, expected.shape)
        size = max(1.0, float(np.abs(expected).max()))
        worst = int(np.abs(got - expected).max(axis=1).argmax())
        difference = float(np.abs(got - expected).max()) / size
        print(f"{title}{prompt}: {len(texts)} texts, {expected.shape[1]} numbers each, within {difference:.1e}", flush=True)
        assert difference < TOLERANCE, f"{title}{prompt}: differs by {difference}, most at {texts[worst][:60]!r}"


def variants(source, folder):
    encoder = SentenceTransformer(str(source), device="cpu")[0]
    width = encoder.get_embedding_dimension()
    torch.manual_seed(0)
    for mode in modules.Pooling.POOLING_MODES:
        yield mode, [encoder, modules.Pooling(width, mode)], {}
    both = modules.Pooling(width, ("max", "mean"), include_prompt=False)
    more = [encoder, both, modules.Dense(2 * width, 64), modules.Normalize()]
    yield "max and mean, dense", more, {"prompts": {"query": "query: ", "passage": "passage: "}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attune", default="build/attune")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True)
    a = parser.parse_args()
    texts = texts_of(a.text)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check(a.attune, a.model, texts, folder, a.model.name)
        for i, (title, parts, options) in enumerate(variants(a.model, folder)):
            directory = folder / str(i)
            SentenceTransformer(modules=parts, device="cpu", **options).save(str(directory), create_model_card=False)
            check(a.attune, directory, texts, folder, title)


if __name__ == "__main__":
    main()
