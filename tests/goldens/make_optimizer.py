"""Goldens for attune/train: ten steps of PyTorch's optimizers, and Hugging Face's learning rate schedules.

    python make_optimizer.py       writes optimizer/golden.safetensors and optimizer/schedules.json beside itself

Made with torch 2.15.0 and transformers 5.23.0.

golden.safetensors holds the first values "start.NAME" and gradients "gradient.STEP.NAME" of a matrix and a bias,
and for each optimizer the values after every step, "KIND.STEP.NAME". Gradients are clipped to norm 1 by
torch.nn.utils.clip_grad_norm_, weight decay (0.1) is on the matrix alone, the learning rate is 0.01 (STEP + 1).
"""

import json
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

STEPS = 10
OUT = Path(__file__).parent / "optimizer"


def optimizers():
    """Names and constructors; the plain (not fused) implementations."""
    plain = {"foreach": False, "fused": False, "lr": 0.01}
    adam = {"betas": (0.9, 0.99), "eps": 1e-8}
    yield "adamw", lambda g: torch.optim.AdamW(g, **adam, **plain)
    yield "adam", lambda g: torch.optim.Adam(g, **adam, **plain)
    yield "sgd", lambda g: torch.optim.SGD(g, momentum=0.9, **plain)


def run_optimizers():
    generator = torch.Generator().manual_seed(7)
    start = {"matrix": torch.randn(5, 7, generator=generator), "bias": torch.randn(7, generator=generator)}
    gradients = [
        {name: torch.randn(value.shape, generator=generator) * 0.3**step for name, value in start.items()}
        for step in range(STEPS)
    ]
    tensors = {f"start.{name}": value for name, value in start.items()}
    for step, of_step in enumerate(gradients):
        tensors |= {f"gradient.{step}.{name}": value for name, value in of_step.items()}
    for kind, make in optimizers():
        parameters = {name: torch.nn.Parameter(value.clone()) for name, value in start.items()}
        optimizer = make(
            [
                {"params": [parameters["matrix"]], "weight_decay": 0.1},
                {"params": [parameters["bias"]], "weight_decay": 0.0},
            ]
        )
        for step, of_step in enumerate(gradients):
            for name, parameter in parameters.items():
                parameter.grad = of_step[name].clone()
            torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
            for group in optimizer.param_groups:
                group["lr"] = 0.01 * (step + 1)
            optimizer.step()
            tensors |= {f"{kind}.{step}.{name}": p.detach().clone() for name, p in parameters.items()}
    save_file(tensors, OUT / "golden.safetensors")


def run_schedules():
    """The learning rate of steps 0 to 99 at a peak of 1, by name."""
    schedules = []
    for warmup in (0, 10):
        for name in ("constant_with_warmup", "linear", "cosine", "inverse_sqrt"):
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
            schedule = transformers.get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=100)
            rates = []
            for _ in range(100):
                rates.append(schedule.get_last_lr()[0])
                optimizer.step()
                schedule.step()
            schedules.append({"name": name.removesuffix("_with_warmup"), "warmup_steps": warmup, "rates": rates})
    (OUT / "schedules.json").write_text(json.dumps(schedules) + "\n")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    run_optimizers()
    run_schedules()
