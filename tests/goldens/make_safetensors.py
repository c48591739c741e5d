"""Writes mixed.safetensors with the reference implementation of the format (pip install safetensors torch).

The values are those that attune/io/safetensors_test.cc expects.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

tensors = {
    "float64": torch.tensor([[1.0, -2.5], [1e300, 0.1]], dtype=torch.float64),
    "float32": torch.tensor([0.1, -3.5, 1e-40], dtype=torch.float32),
    "float16": torch.tensor([0.1, 65504.0, 6e-8, float("-inf")], dtype=torch.float16),
    "bfloat16": torch.tensor([[0.1], [3e38]], dtype=torch.bfloat16),
    "int64": torch.tensor([2**40, -1], dtype=torch.int64),
    "int32": torch.tensor(-7, dtype=torch.int32),  # no dimension
    "bytes": torch.tensor([0, 255], dtype=torch.uint8),
    "boolean": torch.tensor([True, False, True]),
    "empty": torch.zeros(0, 3),
}
save_file(tensors, Path(__file__).parent / "mixed.safetensors", metadata={"format": "pt", "note": "naïve"})
