"""Goldens for T5, made by Hugging Face transformers: `python make_t5.py` rewrites t5/ beside this file.

Made with torch 2.15.0 and transformers 5.23.0. Every directory of t5/ is a T5ForConditionalGeneration as HF saves it,
with a golden.safetensors beside it. The weights are float32; everything in a golden is computed from them in float64
and stored in float32.

Directories
    v1_0          2 + 2 layers, 2 heads x 6, width 12, ReLU, tied, 8 buckets up to distance 12
    v1_1          2 + 1 layers, 3 heads x 4, width 10, gated GELU, an output layer of its own, no scaling
    hub           v1_1 with config.json as checkpoints on the hub have it (tie_word_embeddings false), in bfloat16; inputs,
                  logits and loss only

Tensors of a golden (B sequences, S source tokens, T target tokens, V vocabulary)
    input_ids, attention_mask (B, S)   uneven lengths, padded on the right
    decoder_input_ids, labels (B, T)   label -100 takes no part
    logits (B, T, V)        compare where the label is not -100
    loss ()                 mean over the labels that count
    grad.NAME               gradient of the loss for every parameter, under its HF name
    greedy.tokens, beam.tokens (B, N)   new tokens of generate(), with one and with four beams, padded after the end
    adamw.losses, adamw.grad_norms (10), adamw.after.NAME   as in make_gpt2.py
buckets.safetensors: BIDIRECTIONAL.COUNT.MAX_DISTANCE, the buckets of the distances -300 .. 300.
"""

import json
import shutil
from pathlib import Path

import torch
from make_gpt2 import ADAMW, WEIGHT_DECAY, write
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention

HERE = Path(__file__).parent / "t5"
NEW_TOKENS = 8


def build(seed, **config):
    """A model whose every tensor is random, with scores far from uniform."""
    defaults = {"vocab_size": 41, "d_model": 12, "d_kv": 6, "d_ff": 20, "num_layers": 2, "num_heads": 2}
    defaults |= {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 12, "dropout_rate": 0.0}
    defaults |= {"decoder_start_token_id": 0}
    torch.manual_seed(seed)
    model = T5ForConditionalGeneration(T5Config(**(defaults | config)))
    if config.get("tie_word_embeddings") is False:
        model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.shared.weight))
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() == 2:
                p.normal_(std=1.0 if "relative" in name else 0.4)
            else:
                p.normal_(mean=1.0, std=0.2)
    return model.eval()


def batch(config):
    source, target = [9, 3, 14], [7, 11, 4]
    generator = torch.Generator().manual_seed(7)
    ids = torch.randint(2, config.vocab_size, (3, max(source)), generator=generator)
    mask = (torch.arange(max(source)) < torch.tensor(source)[:, None]).long()
    labels = torch.randint(2, config.vocab_size, (3, max(target)), generator=generator)
    real = torch.arange(max(target)) < torch.tensor(target)[:, None]
    inputs = labels.roll(1, 1)
    inputs[:, 0] = 0
    return {
        "input_ids": ids * mask,
        "attention_mask": mask,
        "decoder_input_ids": torch.where(real, inputs, 0),
        "labels": torch.where(real, labels, -100),
    }


@torch.no_grad()
def generated(model, single, inputs):
    """The same in float32 and float64, so that none hangs on rounding."""
    golden = {}
    source = {k: inputs[k] for k in ("input_ids", "attention_mask")}
    for name, beams in (("greedy", 1), ("beam", 4)):
        exact, rounded = (
            m.generate(**source, do_sample=False, num_beams=beams, max_new_tokens=NEW_TOKENS) for m in (model, single)
        )
        assert torch.equal(exact, rounded), f"{name} hangs on rounding: choose another seed"
        golden[f"{name}.tokens"] = exact[:, 1:]
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


def load(directory, dtype):
    model, report = T5ForConditionalGeneration.from_pretrained(
        directory, dtype=dtype, attn_implementation="eager", output_loading_info=True
    )
    assert not any(report[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    return model.eval()


def float64(directory):
    """HF's norm rounds to float32 on its way: that of float64 is put in its place."""
    model = load(directory, torch.float64)
    for module in model.modules():
        if type(module).__name__ == "T5LayerNorm":
            module.forward = lambda x, m=module: m.weight * x * torch.rsqrt(x.pow(2).mean(-1, True) + m.variance_epsilon)
    return model


def forward_golden(directory):
    model = float64(directory)
    inputs = batch(model.config)
    out = model(**inputs)
    return model, inputs, out, inputs | {"logits": out.logits, "loss": out.loss}


def full_golden(directory):
    model, inputs, out, golden = forward_golden(directory)
    out.loss.backward()
    golden |= {f"grad.{name}": p.grad.clone() for name, p in model.named_parameters()}
    golden |= generated(model, load(directory, torch.float32), inputs)
    golden |= adamw(model, inputs)
    write(directory, golden)


def buckets():
    distances = torch.arange(-300, 301)
    tables = {}
    for both in (True, False):
        for count, furthest in ((32, 128), (8, 12), (64, 256), (32, 100)):
            of = T5Attention._relative_position_bucket(distances, both, count, furthest)
            tables[f"{'both' if both else 'one'}.{count}.{furthest}"] = of.contiguous()
    save_file(tables, HERE / "buckets.safetensors", metadata={"format": "pt"})


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    newer = {"num_layers": 2, "num_decoder_layers": 1, "num_heads": 3, "d_kv": 4, "d_model": 10, "d_ff": 15}
    newer |= {"vocab_size": 37, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
    build(1).save_pretrained(HERE / "v1_0")
    build(2, **newer).save_pretrained(HERE / "v1_1")
    for name in ("v1_0", "v1_1"):
        full_golden(HERE / name)
    build(2, **newer).bfloat16().save_pretrained(HERE / "hub")
    path = HERE / "hub" / "config.json"
    config = json.loads(path.read_text()) | {"tie_word_embeddings": False}
    del config["scale_decoder_outputs"]
    path.write_text(json.dumps(config, indent=2) + "\n")
    write(HERE / "hub", forward_golden(HERE / "hub")[3])
    buckets()
    size = sum(f.stat().st_size for f in HERE.rglob("*") if f.is_file())
    print(f"{HERE}: {size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
