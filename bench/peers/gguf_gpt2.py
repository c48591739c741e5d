"""Writes a Hugging Face GPT-2 directory as a GGUF file for llama.cpp: matrices in the given type, the rest float32."""

import json
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

TYPES = {
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    "bf16": (gguf.GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "q4_0": (gguf.GGMLQuantizationType.Q4_0, gguf.LlamaFileType.MOSTLY_Q4_0),
}

# Hugging Face's name within a block -> GGUF's, and whether its matrix is stored (in, out) there.
BLOCK = {
    "ln_1": ("attn_norm", False),
    "attn.c_attn": ("attn_qkv", True),
    "attn.c_proj": ("attn_output", True),
    "ln_2": ("ffn_norm", False),
    "mlp.c_fc": ("ffn_up", True),
    "mlp.c_proj": ("ffn_down", True),
}


def tensors_of(directory: Path, layers: int):
    """(GGUF name, float32 array) of every tensor; matrices as (out, in)."""
    weights = load_file(directory / "model.safetensors")
    yield "token_embd.weight", weights["transformer.wte.weight"]
    yield "position_embd.weight", weights["transformer.wpe.weight"]
    for i in range(layers):
        for source, (target, transposed) in BLOCK.items():
            w = weights[f"transformer.h.{i}.{source}.weight"]
            yield f"blk.{i}.{target}.weight", np.ascontiguousarray(w.T) if transposed else w
            yield f"blk.{i}.{target}.bias", weights[f"transformer.h.{i}.{source}.bias"]
    yield "output_norm.weight", weights["transformer.ln_f.weight"]
    yield "output_norm.bias", weights["transformer.ln_f.bias"]


def add_tokenizer(writer, directory: Path):
    tokenizer = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    tokens = [t for t, _ in sorted(tokenizer["vocab"].items(), key=lambda item: item[1])]
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([control if t == "<|endoftext|>" else normal for t in tokens])
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in tokenizer["merges"]])
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_eos_token_id(tokens.index("<|endoftext|>"))


def write_gguf(directory: Path, path: Path, kind: str):
    config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    matrix_type, file_type = TYPES[kind]
    writer = gguf.GGUFWriter(path, "gpt2")
    writer.add_context_length(config["n_positions"])
    writer.add_embedding_length(config["n_embd"])
    writer.add_feed_forward_length(config.get("n_inner") or 4 * config["n_embd"])
    writer.add_block_count(config["n_layer"])
    writer.add_head_count(config["n_head"])
    writer.add_layer_norm_eps(config["layer_norm_epsilon"])
    writer.add_file_type(file_type)
    add_tokenizer(writer, directory)
    for name, array in tensors_of(directory, config["n_layer"]):
        is_matrix = array.ndim == 2 and name != "position_embd.weight"
        kind_of = matrix_type if is_matrix else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quants.quantize(array, kind_of), raw_dtype=kind_of)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
