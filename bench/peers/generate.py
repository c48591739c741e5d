"""Greedy generation at batch 1 by one peer, end of text ignored: one JSON line.

    python generate.py PEER CACHE --dtype D [--first-token]

PEER is transformers, ctranslate2 or llama. Every measurement follows a warm-up in the same process, but with
--first-token: that loads the model, makes one token after a prompt of 16 and says so at once, so that the caller
can take the time since it started the process.
"""

import argparse
import json
import time
from pathlib import Path


def transformers_generator(cache: Path, dtype: str, threads: int):
    import torch
    from transformers import GPT2LMHeadModel

    torch.set_num_threads(threads)
    name = {"float32": "gpt2-f32", "bfloat16": "gpt2-bf16"}[dtype]
    model = GPT2LMHeadModel.from_pretrained(cache / name, dtype=getattr(torch, dtype)).eval()
    model.generation_config.eos_token_id = None

    def generate(ids, new_tokens):
        prompt = torch.tensor([ids])
        out = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=False,
            max_new_tokens=new_tokens,
            pad_token_id=0,
        )
        return out[0, len(ids) :].tolist()

    return generate


def ctranslate2_generator(cache: Path, dtype: str, threads: int):
    import ctranslate2

    directory = cache / {"float32": "ct2-f32", "int8": "ct2-int8"}[dtype]
    model = ctranslate2.Generator(str(directory), intra_threads=threads, inter_threads=1)
    vocabulary = json.loads((directory / "vocabulary.json").read_text(encoding="utf-8"))

    def generate(ids, new_tokens):
        result = model.generate_batch(
            [[vocabulary[i] for i in ids]],
            max_length=new_tokens,
            min_length=new_tokens,
            sampling_topk=1,
            include_prompt_in_result=False,
        )
        return result[0].sequences_ids[0]

    return generate


def llama_generator(cache: Path, dtype: str, threads: int):
    import llama_cpp
    import numpy as np

    name = {"float32": "f32", "bfloat16": "bf16", "int8": "q8_0"}[dtype]
    path = str(cache / f"gpt2-{name}.gguf")
    model = llama_cpp.Llama(path, n_ctx=1024, n_threads=threads, n_threads_batch=threads, verbose=False)
    vocabulary = model.n_vocab()

    def decode(ids):
        array = (llama_cpp.llama_token * len(ids))(*ids)
        assert llama_cpp.llama_decode(model.ctx, llama_cpp.llama_batch_get_one(array, len(ids))) == 0
        logits = llama_cpp.llama_get_logits_ith(model.ctx, -1)
        return int(np.ctypeslib.as_array(logits, shape=(vocabulary,)).argmax())

    def generate(ids, new_tokens):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(model.ctx), True)
        tokens = [decode(ids)]
        while len(tokens) < new_tokens:
            tokens.append(decode(tokens[-1:]))
        return tokens

    return generate


PEERS = {
    "transformers": transformers_generator,
    "ctranslate2": ctranslate2_generator,
    "llama": llama_generator,
}


def seconds_of(generate, ids, new_tokens):
    start = time.perf_counter()
    tokens = generate(ids, new_tokens)
    seconds = time.perf_counter() - start
    assert len(tokens) == new_tokens, f"{len(tokens)} tokens, expected {new_tokens}"
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--dtype", choices=["float32", "bfloat16", "int8"], default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--first-token", action="store_true")
    a = parser.parse_args()
    short, long = (json.loads((a.cache / f"prompt-{n}" / "ids.json").read_text()) for n in (16, 512))
    generate = PEERS[a.peer](a.cache, a.dtype, a.threads)
    if a.first_token:
        print(generate(short, 1), flush=True)
        return
    seconds_of(generate, long, 8)
    result = {"short_seconds": seconds_of(generate, short, 128), "prefill_seconds": seconds_of(generate, long, 1)}
    result["long_seconds"] = seconds_of(generate, long, 64)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
