"""The models that the peers run: GPT-2 124M with random weights, made once into a cache folder.

    gpt2-f32, gpt2-bf16    Hugging Face directories
    ct2-f32, ct2-int8      CTranslate2's own format
    gpt2-*.gguf            llama.cpp's
    prompt-N               a prompt of exactly N tokens: text.txt, ids.json

    python prepare.py CACHE TOKENIZER
"""

import json
import os
import shutil
import sys
from pathlib import Path

GGUF_TYPES = ("f32", "bf16", "q8_0")
PROMPT_LENGTHS = (16, 512)


def once(path: Path, make):
    """Calls make(temporary path) and renames it to `path`, unless that is there already."""
    if path.exists():
        return
    print(f"making {path}", flush=True)
    temporary = path.with_name("making-" + path.name)
    shutil.rmtree(temporary, ignore_errors=True)
    make(temporary)
    os.replace(temporary, path)


def make_huggingface(path, tokenizer, dtype):
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config()).to(dtype).save_pretrained(path)
    tokenizer.save_pretrained(path)


def make_ctranslate2(path, source, quantization):
    import ctranslate2

    ctranslate2.converters.TransformersConverter(str(source)).convert(str(path), quantization=quantization)


def make_prompt(path, tokenizer, length):
    text = "the" + " the" * (length - 1)
    ids = tokenizer(text)["input_ids"]
    assert len(ids) == length, f"{len(ids)} tokens, expected {length}"
    path.mkdir()
    (path / "text.txt").write_text(text, encoding="utf-8")
    (path / "ids.json").write_text(json.dumps(ids), encoding="utf-8")


def prepare(cache: Path, tokenizer_source: str):
    import torch
    from transformers import GPT2Tokenizer

    from gguf_gpt2 import write_gguf

    cache.mkdir(parents=True, exist_ok=True)
    tokenizer = GPT2Tokenizer.from_pretrained(tokenizer_source)
    f32 = cache / "gpt2-f32"
    once(f32, lambda p: make_huggingface(p, tokenizer, torch.float32))
    once(cache / "gpt2-bf16", lambda p: make_huggingface(p, tokenizer, torch.bfloat16))
    once(cache / "ct2-f32", lambda p: make_ctranslate2(p, f32, None))
    once(cache / "ct2-int8", lambda p: make_ctranslate2(p, f32, "int8"))
    for kind in GGUF_TYPES:
        once(cache / f"gpt2-{kind}.gguf", lambda p, kind=kind: write_gguf(f32, p, kind))
    for length in PROMPT_LENGTHS:
        once(cache / f"prompt-{length}", lambda p, n=length: make_prompt(p, tokenizer, n))


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), sys.argv[2])
