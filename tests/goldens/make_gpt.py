"""Goldens for GPT, made by Hugging Face transformers: `python make_gpt.py` rewrites gpt/ beside this file.

Made with torch 2.15.0 and transformers 5.23.0. Every directory of gpt/ is an OpenAIGPTLMHeadModel as HF saves it, with
a golden.safetensors beside it, as make_gpt2.py describes it: input_ids, attention_mask, labels (padded on the right),
logits, loss, grad.NAME, left.*, greedy.I.*, adamw.*.

Directories
    gelu          2 layers, 2 heads, width 16, vocabulary 61, context 16; "gelu", which is gelu_new here
    silu          1 layer, 3 heads x 5, vocabulary 53, context 13, layer_norm_epsilon 1e-6
    bf16          `gelu` saved in bfloat16: inputs, logits and loss only
"""

import shutil
from pathlib import Path

import torch
from make_gpt2 import adamw, batch, greedy, left_padded, write
from transformers import OpenAIGPTConfig, OpenAIGPTLMHeadModel

HERE = Path(__file__).parent / "gpt"


def build(seed, **config):
    """A model whose every tensor is random: with HF's zero biases and unit norms a swapped one would go unseen."""
    defaults = {"n_positions": 16, "n_embd": 16, "n_layer": 2, "n_head": 2, "vocab_size": 61}
    dropout = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    torch.manual_seed(seed)
    model = OpenAIGPTLMHeadModel(OpenAIGPTConfig(**(defaults | config), **dropout))
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 2:
                p.normal_(std=0.3)
            else:
                p.normal_(mean=1.0 if ".ln_" in name and name.endswith("weight") else 0.0, std=0.2)
    return model.eval()


def forward_golden(directory):
    """Inputs, logits and loss of a saved directory, as HF itself loads it, in float64."""
    model, report = OpenAIGPTLMHeadModel.from_pretrained(directory, dtype=torch.float64, output_loading_info=True)
    assert not any(report[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    model.eval()
    inputs = batch(model.config)
    out = model(**inputs)
    return model, inputs, out, inputs | {"logits": out.logits, "loss": out.loss}


def full_golden(directory):
    model, inputs, out, golden = forward_golden(directory)
    out.loss.backward()
    golden |= {f"grad.{name}": p.grad.clone() for name, p in model.named_parameters()}
    with torch.no_grad():
        left = left_padded(inputs)
        golden |= {f"left.{k}": t for k, t in left.items()} | {"left.logits": model(**left).logits}
        golden |= greedy(model, inputs)
    golden |= adamw(model, inputs)
    write(directory, golden)


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    silu = {"n_layer": 1, "n_embd": 15, "n_head": 3, "vocab_size": 53, "n_positions": 13, "afn": "silu"}
    silu["layer_norm_epsilon"] = 1e-6
    build(1).save_pretrained(HERE / "gelu")
    build(2, **silu).save_pretrained(HERE / "silu")
    for name in ("gelu", "silu"):
        full_golden(HERE / name)
    build(1).bfloat16().save_pretrained(HERE / "bf16")
    write(HERE / "bf16", forward_golden(HERE / "bf16")[3])
    size = sum(f.stat().st_size for f in HERE.rglob("*") if f.is_file())
    print(f"{HERE}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
