"""Translation of one batch of 8 sources of 32 tokens to 32 tokens each by one peer: one JSON line.

    python translate.py PEER CACHE --model NAME --num-beams K --threads N

PEER is transformers or ctranslate2; NAME a model of the cache; float32. The end of text is kept back, so that every sentence gets 32 tokens.
The median of three after a warm-up in the same process.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

NEW_TOKENS = 32


def transformers_translator(cache: Path, name: str, beams: int, threads: int):
    import torch
    from transformers import AutoModelForSeq2SeqLM, PreTrainedTokenizerFast

    torch.set_num_threads(threads)
    model = AutoModelForSeq2SeqLM.from_pretrained(cache / name, dtype=torch.float32).eval()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(cache / name)
    options = {"do_sample": False, "num_beams": beams, "min_new_tokens": NEW_TOKENS, "max_new_tokens": NEW_TOKENS}

    def translate(lines):
        inputs = tokenizer(lines, return_tensors="pt", return_token_type_ids=False)
        return [row[1:] for row in model.generate(**inputs, **options).tolist()]

    return translate


def ctranslate2_translator(cache: Path, name: str, beams: int, threads: int):
    import ctranslate2

    model = ctranslate2.Translator(
        str(cache / f"ct2-{name}"), compute_type="float32", intra_threads=threads, inter_threads=1
    )
    options = {"beam_size": beams, "min_decoding_length": NEW_TOKENS, "max_decoding_length": NEW_TOKENS}

    def translate(lines):
        results = model.translate_batch([[*line, "</s>"] for line in lines], **options)
        return [result.hypotheses[0] for result in results]

    return translate


TRANSLATORS = {"transformers": transformers_translator, "ctranslate2": ctranslate2_translator}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=TRANSLATORS)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--model", default="marian-f32")
    parser.add_argument("--num-beams", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    translate = TRANSLATORS[arguments.peer](arguments.cache, arguments.model, arguments.num_beams, arguments.threads)
    lines = (arguments.cache / "sources.txt").read_text(encoding="utf-8").splitlines()
    seconds = []
    for _ in range(4):
        begin = time.perf_counter()
        results = translate(lines)
        seconds.append(time.perf_counter() - begin)
        assert all(len(result) == NEW_TOKENS for result in results)
    tokens = len(lines) * NEW_TOKENS
    print(json.dumps({"tokens_per_second": tokens / statistics.median(seconds[1:])}))


if __name__ == "__main__":
    main()
