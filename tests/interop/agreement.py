"""Compares Attune with Hugging Face transformers on one model directory."""

import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

TOLERANCE = 1e-4
NEW_TOKENS = 12


def run(command, **options):
    """The standard output of a command that has to succeed."""
    done = subprocess.run([str(c) for c in command], capture_output=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\nexit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def open_in_transformers(directory):
    """Model (float32) and tokenizer, loaded without a single key out of place."""
    model, report = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32, output_loading_info=True)
    wrong = {k: v for k, v in report.items() if v}
    assert not wrong, f"{directory}: {wrong}"
    tokenizer = AutoTokenizer.from_pretrained(directory)
    for name in ("bos_token_id", "eos_token_id", "pad_token_id"):
        in_config, in_tokenizer = getattr(model.config, name), getattr(tokenizer, name)
        assert in_config is None or in_config == in_tokenizer, f"{name}: {in_config} in config.json, {in_tokenizer}"
    return model.eval(), tokenizer


def dump(build, directory, text):
    """Attune's ids (T) and logits (T, V) of a text."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "text.txt", Path(folder) / "logits.safetensors"
        source.write_bytes(text.encode())
        run([build / "dump_logits", directory, source, target])
        tensors = load_file(target)
    return tensors["input_ids"], tensors["logits"]


@torch.no_grad()
def greedy(model, ids, new_tokens):
    """HF's new tokens, end of text ignored, cut before the first near tie."""
    model.generation_config.eos_token_id = None
    out = model.generate(
        ids[None], attention_mask=torch.ones_like(ids[None]), do_sample=False, max_new_tokens=new_tokens, pad_token_id=0
    )[0]
    top = model(out[None]).logits[0, len(ids) - 1 : -1].topk(2).values
    ties = (top[:, 0] - top[:, 1] <= TOLERANCE).nonzero()
    return out[len(ids) : len(ids) + (int(ties[0]) if len(ties) else new_tokens)]


def check_text(build, directory, model, tokenizer, text):
    expected = torch.tensor(tokenizer(text, add_special_tokens=False)["input_ids"])
    ids, logits = dump(build, directory, text)
    assert ids.tolist() == expected.tolist(), f"{directory}: ids of {text!r}: {ids.tolist()}, HF has {expected.tolist()}"
    back = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
    assert back == text, f"{directory}: HF decodes to {back!r}, expected {text!r}"
    with torch.no_grad():
        difference = (model(ids[None]).logits[0] - logits).abs().max().item()
    assert difference < TOLERANCE, f"{directory}: logits differ by {difference}"

    room = model.config.max_position_embeddings - len(ids)
    tokens = greedy(model, ids, min(NEW_TOKENS, room))
    new_text = tokenizer.decode(tokens, clean_up_tokenization_spaces=False)
    command = [build / "attune", "generate", directory, "--prompt", text, "--max-new-tokens", len(tokens)]
    ours = run([*command, "--temperature", 0, "--ignore-eos"]).decode(errors="replace")
    ours = ours.removesuffix("\n")  # The command ends its output with one.
    assert ours == new_text, f"{directory}: attune writes {ours!r}, HF {new_text!r}"
    return difference, len(tokens)


def check(build, directory, texts):
    model, tokenizer = open_in_transformers(directory)
    results = [check_text(build, directory, model, tokenizer, text) for text in texts]
    worst, tokens = max(d for d, _ in results), sum(n for _, n in results)
    print(f"{directory.name}: {len(texts)} texts, same ids, logits within {worst:.1e}, {tokens} greedy tokens the same")
