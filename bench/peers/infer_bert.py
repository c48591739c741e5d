"""One batch through BERT-base by one peer: one JSON line with the median seconds of each size.

    python infer_bert.py PEER CACHE --dtype D --threads N

PEER is openvino or transformers. No padding; every input that the model takes is given. OpenVINO compiles the model for
each size by itself. The medians of at least five batches after two to warm up.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np

SIZES = {"1x128": (1, 128), "8x128": (8, 128), "8x384": (8, 384)}


def inputs_of(batch, length):
    ids = np.random.default_rng(0).integers(4, 30000, (batch, length))
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}


def openvino_model(cache, dtype, threads, batch, length):
    import openvino as ov

    core = ov.Core()
    model = core.read_model(cache / "bert-openvino" / "bert.xml")
    model.reshape({port.get_any_name(): [batch, length] for port in model.inputs})
    precision = {"float32": ov.Type.f32, "bfloat16": ov.Type.bf16}[dtype]
    hints = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(model, "CPU", hints).create_infer_request()
    return lambda inputs: request.infer(inputs)


def transformers_model(cache, dtype, threads, batch, length):
    import torch
    from transformers import BertModel

    torch.set_num_threads(threads)
    model = BertModel.from_pretrained(cache / "bert-f32", dtype=getattr(torch, dtype)).eval()

    def infer(inputs):
        with torch.inference_mode():
            return model(**{name: torch.from_numpy(value) for name, value in inputs.items()})

    return infer


PEERS = {"openvino": openvino_model, "transformers": transformers_model}


def seconds_of(infer, inputs):
    start = time.perf_counter()
    infer(inputs)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    medians = {}
    for size, (batch, length) in SIZES.items():
        infer, inputs = PEERS[a.peer](a.cache, a.dtype, a.threads, batch, length), inputs_of(batch, length)
        seconds = [seconds_of(infer, inputs) for _ in range(2 + (30 if batch == 1 else 5))]
        medians[size] = statistics.median(seconds[2:])
    print(json.dumps(medians))


if __name__ == "__main__":
    main()
