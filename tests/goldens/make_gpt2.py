"""Goldens for GPT-2, made by Hugging Face transformers: `python make_gpt2.py` rewrites gpt2/ beside this file.

Made with torch 2.15.0 and transformers 5.23.0. Every directory of gpt2/ is a model as HF saves it, with a
golden.safetensors beside it. The weights are float32 (or what the directory says); everything in a golden is computed
from them in float64 and stored in float32, so it is the exact answer rather than another float32's rounding.

Directories
    even          2 layers, 2 heads, width 16, vocabulary 61, context 16
    odd           2 layers, 3 heads x 5, n_inner 37, vocabulary 53, context 13, layer_norm_epsilon 1e-6
    gelu, relu    1 layer each, that activation_function instead of gelu_new
    untied        1 layer, tie_word_embeddings false: lm_head.weight is its own tensor
    f16, bf16     `even` saved in half precision
    sharded       `even` in shards with model.safetensors.index.json
    bare          `even` as early checkpoints have it: no `transformer.` prefix, attn.bias buffers, the old
                  keys of config.json

Tensors of a golden (B sequences, T tokens, V vocabulary, H heads)
    input_ids, attention_mask, labels (B, T)  uneven lengths, padded on the right; label -100 takes no part; HF shifts
    logits (B, T, V)        compare where attention_mask is 1
    loss ()                 mean over the labels that count
    grad.NAME               gradient of the loss for every parameter, under its HF name
    attentions.L (B, H, T, T)
    left.input_ids, left.attention_mask, left.position_ids, left.logits   the same, padded on the left
    greedy.I.prompt, greedy.I.tokens   new tokens of generate(do_sample=False), end of text ignored; the two best
                                       logits differ by more than 1e-3 at every step
    adamw.losses, adamw.grad_norms (10)   before each of ten steps of torch.optim.AdamW on the same batch
    adamw.after.NAME        every parameter after them
f16, bf16, sharded and bare carry the inputs, logits and loss only; the small variants no AdamW.

AdamW: learning rate 1e-3, betas 0.9 and 0.99, eps 1e-5, weight decay 0.1 on matrices and embeddings only (not on
biases and norms), no clipping, dropout 0. eps is large because the gradient of a key bias is zero in exact
arithmetic: a small one would turn float32's rounding noise into steps of full size.

What GPT-2's configuration can also say and a plain GPT-2 is not: scale_attn_by_inverse_layer_idx,
reorder_and_upcast_attn, add_cross_attention (true), scale_attn_weights (false). A loader must refuse these.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel

HERE = Path(__file__).parent / "gpt2"
ADAMW = {"lr": 1e-3, "betas": (0.9, 0.99), "eps": 1e-5}
WEIGHT_DECAY = 0.1
NEW_TOKENS = 6


def build(seed, **config):
    """A model whose every tensor is random: with HF's zero biases and unit norms a swapped one would go unseen."""
    defaults = {"n_positions": 16, "n_embd": 16, "n_layer": 2, "n_head": 2, "vocab_size": 61}
    config = defaults | config
    last = config["vocab_size"] - 1
    dropout = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    torch.manual_seed(seed)
    model = GPT2LMHeadModel(GPT2Config(**config, **dropout, bos_token_id=last, eos_token_id=last))
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 2:
                p.normal_(std=0.3)
            else:
                p.normal_(mean=1.0 if ".ln_" in name and name.endswith("weight") else 0.0, std=0.2)
    return model.eval()


def batch(config):
    """Three sequences of uneven length; the labels of one leave out its beginning, as an instruction's would."""
    longest = config.n_positions - 3
    lengths = [longest, 3, longest - 4]
    generator = torch.Generator().manual_seed(7)
    ids = torch.randint(config.vocab_size, (len(lengths), longest), generator=generator)
    mask = (torch.arange(longest) < torch.tensor(lengths)[:, None]).long()
    ids = ids * mask
    labels = torch.where(mask == 1, ids, -100)
    labels[2, :3] = -100
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def left_padded(inputs):
    mask = inputs["attention_mask"].flip(1)
    ids = torch.zeros_like(inputs["input_ids"])
    for row, source in zip(range(len(ids)), inputs["input_ids"]):
        ids[row, mask[row] == 1] = source[: mask[row].sum()]
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    return {"input_ids": ids, "attention_mask": mask, "position_ids": positions}


def greedy(model, inputs):
    """New tokens for each prompt alone; fails where a tie would make the answer a matter of rounding."""
    golden = {}
    model.generation_config.eos_token_id = None
    for i, (ids, mask) in enumerate(zip(inputs["input_ids"], inputs["attention_mask"])):
        prompt = ids[: mask.sum()][: model.config.n_positions - NEW_TOKENS]
        out = model.generate(
            prompt[None],
            attention_mask=torch.ones_like(prompt[None]),
            do_sample=False,
            max_new_tokens=NEW_TOKENS,
            pad_token_id=0,
        )[0]
        assert len(out) == len(prompt) + NEW_TOKENS
        top = model(out[None]).logits[0, len(prompt) - 1 : -1].topk(2).values
        assert (top[:, 0] - top[:, 1]).min() > 1e-3, "the two best logits are too close: choose another seed"
        golden[f"greedy.{i}.prompt"] = prompt
        golden[f"greedy.{i}.tokens"] = out[len(prompt) :]
    return golden


def adamw(model, inputs):
    """Ten steps on one batch. Changes the model."""
    parameters = dict(model.named_parameters())
    groups = [
        {"params": [p for p in parameters.values() if p.dim() >= 2], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in parameters.values() if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, **ADAMW)
    losses, norms = [], []
    for _ in range(10):
        loss = model(**inputs).loss
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.get_total_norm([p.grad for p in parameters.values()]))
        losses.append(loss.detach())
        optimizer.step()
    golden = {"adamw.losses": torch.stack(losses), "adamw.grad_norms": torch.stack(norms)}
    return golden | {f"adamw.after.{name}": p.detach() for name, p in parameters.items()}


def write(directory, tensors):
    single = {k: (t.detach().float() if t.is_floating_point() else t.clone()) for k, t in tensors.items()}
    single = {k: t.contiguous() for k, t in single.items()}
    save_file(single, directory / "golden.safetensors", metadata={"format": "pt"})


def forward_golden(directory):
    """Inputs, logits and loss of a saved directory, as HF itself loads it, in float64."""
    model, report = GPT2LMHeadModel.from_pretrained(
        directory, dtype=torch.float64, attn_implementation="eager", output_loading_info=True
    )
    assert not any(report[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    model.eval()
    inputs = batch(model.config)
    out = model(**inputs, output_attentions=True)
    return model, inputs, out, inputs | {"logits": out.logits, "loss": out.loss}


def full_golden(directory, steps):
    model, inputs, out, golden = forward_golden(directory)
    out.loss.backward()
    golden |= {f"grad.{name}": p.grad.clone() for name, p in model.named_parameters()}
    golden |= {f"attentions.{i}": a for i, a in enumerate(out.attentions)}
    with torch.no_grad():
        left = left_padded(inputs)
        golden |= {f"left.{k}": t for k, t in left.items()} | {"left.logits": model(**left).logits}
        golden |= greedy(model, inputs)
    if steps:
        golden |= adamw(model, inputs)
    write(directory, golden)


def save_bare(model, directory):
    """As openai-community/gpt2 was first published."""
    directory.mkdir()
    tensors = {k.removeprefix("transformer."): t.clone() for k, t in model.state_dict().items() if k != "lm_head.weight"}
    n = model.config.n_positions
    for layer in range(model.config.n_layer):
        tensors[f"h.{layer}.attn.bias"] = torch.ones(n, n).tril().view(1, 1, n, n)
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    c = model.config
    old = ["vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "activation_function", "resid_pdrop"]
    old += ["embd_pdrop", "attn_pdrop", "layer_norm_epsilon", "initializer_range", "bos_token_id", "eos_token_id"]
    config = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_ctx": n} | {k: getattr(c, k) for k in old}
    (directory / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    small = {"n_layer": 1}
    odd = {"n_embd": 15, "n_head": 3, "n_inner": 37, "vocab_size": 53, "n_positions": 13, "layer_norm_epsilon": 1e-6}
    build(1).save_pretrained(HERE / "even")
    build(2, **odd).save_pretrained(HERE / "odd")
    build(3, **small, activation_function="gelu").save_pretrained(HERE / "gelu")
    build(4, **small, activation_function="relu").save_pretrained(HERE / "relu")
    build(5, **small, tie_word_embeddings=False).save_pretrained(HERE / "untied")
    for name in ("even", "odd", "gelu", "relu", "untied"):
        full_golden(HERE / name, steps=name in ("even", "odd"))

    build(1).half().save_pretrained(HERE / "f16")
    build(1).bfloat16().save_pretrained(HERE / "bf16")
    build(1).save_pretrained(HERE / "sharded", max_shard_size="12KB")
    save_bare(build(1), HERE / "bare")
    for name in ("f16", "bf16", "sharded", "bare"):
        write(HERE / name, forward_golden(HERE / name)[3])

    untied = load_file(HERE / "untied" / "model.safetensors")
    assert "lm_head.weight" in untied, "HF saved no head of its own"
    size = sum(f.stat().st_size for f in HERE.rglob("*") if f.is_file())
    print(f"{HERE}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
