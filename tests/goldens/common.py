"""What the scripts that make goldens with Hugging Face transformers share."""

import torch
from safetensors.torch import save_file

# eps is large because the gradient of a key bias is zero in exact arithmetic: a small one would turn float32's rounding
# noise into steps of full size.
ADAMW = {"lr": 1e-3, "betas": (0.9, 0.99), "eps": 1e-5}
WEIGHT_DECAY = 0.1


@torch.no_grad()
def randomize(model, is_norm_weight):
    """Makes every tensor random: with HF's zero biases and unit norms a swapped one would go unseen."""
    for name, p in model.named_parameters():
        if p.dim() >= 2:
            p.normal_(std=0.3)
        else:
            p.normal_(mean=1.0 if is_norm_weight(name) else 0.0, std=0.2)


def adamw(model, inputs, parameters):
    """Ten steps of torch.optim.AdamW on one batch; weight decay on matrices only. Changes the model."""
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
        norms.append(torch.nn.utils.get_total_norm([p.grad for p in parameters.values() if p.grad is not None]))
        losses.append(loss.detach())
        optimizer.step()
    golden = {"adamw.losses": torch.stack(losses), "adamw.grad_norms": torch.stack(norms)}
    return golden | {f"adamw.after.{name}": p.detach() for name, p in parameters.items()}


def write(path, tensors):
    """float64 becomes float32: the exact answer, rounded once."""
    single = {k: (t.detach().float() if t.is_floating_point() else t.clone()) for k, t in tensors.items()}
    save_file({k: t.contiguous() for k, t in single.items()}, path, metadata={"format": "pt"})


def load_exactly(model_class, directory):
    """The saved directory as HF itself loads it, in float64; nothing missing, nothing unexpected."""
    model, report = model_class.from_pretrained(
        directory, dtype=torch.float64, attn_implementation="eager", output_loading_info=True
    )
    assert not any(report[k] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    return model.eval()
