"""Attune opens what Hugging Face saves: a small GPT-2 with the real vocabulary, in every layout found in the wild."""

import argparse
import shutil
import tempfile
from pathlib import Path

import torch
from agreement import check
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, GPT2Tokenizer

# What a byte-level tokenizer gets wrong first: contractions, runs of blanks, digits, scripts, emoji, special tokens.
HARD_TEXTS = [
    "It's 12345 o'clock;  they'll say\n\n\tso   \n",
    "Grüße, naïve café — «привет» 你好世界 🙂👩‍👩‍👧 x²≥½",
    "a<|endoftext|>b",
]


def build_model(context=64):
    """Deviations above the usual 0.02, so that attention is far from uniform and logits are spread."""
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(n_layer=2, n_head=4, n_embd=64, n_positions=context, initializer_range=0.1))
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 1:
                p.normal_(mean=1.0 if ".ln_" in name and name.endswith("weight") else 0.0, std=0.1)
    return model.eval()


def without_prefix(directory):
    """Renames the tensors as GPT-2 was first published, with its attn.bias buffers."""
    path = directory / "model.safetensors"
    tensors = {k.removeprefix("transformer."): t for k, t in load_file(path).items()}
    for layer in range(2):
        tensors[f"h.{layer}.attn.bias"] = torch.ones(64, 64).tril().view(1, 1, 64, 64)
    save_file(tensors, path, metadata={"format": "pt"})


def make_directories(folder, tokenizer_source):
    tokenizer = GPT2Tokenizer.from_pretrained(tokenizer_source)
    saves = {
        "float32": lambda d: build_model().save_pretrained(d),
        "float16": lambda d: build_model().half().save_pretrained(d),
        "bfloat16": lambda d: build_model().bfloat16().save_pretrained(d),
        "sharded": lambda d: build_model().save_pretrained(d, max_shard_size="1MB"),
        "without-prefix": lambda d: build_model().save_pretrained(d),
        "vocab-and-merges": lambda d: build_model().save_pretrained(d),
    }
    for name, save in saves.items():
        directory = folder / name
        save(directory)
        tokenizer.save_pretrained(directory)
        if name == "without-prefix":
            without_prefix(directory)
        if name == "vocab-and-merges":
            (directory / "tokenizer.json").unlink()
            for file in ("vocab.json", "merges.txt"):
                shutil.copy(Path(tokenizer_source) / file, directory)
        yield directory


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has attune and dump_logits")
    parser.add_argument("--text", type=Path, required=True, help="to take samples from")
    parser.add_argument("--tokenizer", required=True, help="folder with GPT-2's vocab.json and merges.txt")
    a = parser.parse_args()
    text = a.text.read_text(encoding="utf-8")
    samples = [text[:100], text[1000:1017], "a", *HARD_TEXTS]
    with tempfile.TemporaryDirectory() as folder:
        for directory in make_directories(Path(folder), a.tokenizer):
            check(a.build, directory, samples)


if __name__ == "__main__":
    main()
