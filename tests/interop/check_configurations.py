"""Configurations that few checkpoints have: Attune gives Hugging Face's outputs, or refuses by the field's name; never others."""

import argparse
import subprocess
import tempfile
from pathlib import Path

import torch
import transformers as hf
from agreement import TOLERANCE
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

hf.logging.set_verbosity_error()
hf.utils.logging.disable_progress_bar()

BERT = {
    "vocab_size": 61, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48,
    "max_position_embeddings": 24,
}
FAMILIES = {
    "Bert": BERT,
    "Roberta": BERT | {"type_vocab_size": 1},
    "XLMRoberta": BERT | {"type_vocab_size": 1},
    "DistilBert": {"vocab_size": 61, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48, "max_position_embeddings": 24},
    "Albert": BERT | {"embedding_size": 20, "num_hidden_layers": 4},
    "T5": {"vocab_size": 61, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0},
    "GPT2": {"vocab_size": 300, "n_positions": 24, "n_embd": 32, "n_layer": 2, "n_head": 4, "bos_token_id": 0, "eos_token_id": 0},
    "OpenAIGPT": {"vocab_size": 300, "n_positions": 24, "n_embd": 32, "n_layer": 2, "n_head": 4},
}
ACTIVATIONS = ["gelu", "gelu_new", "relu", "silu", "swish", "gelu_pytorch_tanh", "tanh", "sigmoid", "gelu_fast", "quick_gelu",
               "relu2", "mish", "gelu_10", "gelu_python"]  # fmt: skip
LABELS = {"id2label": {0: "-1", 1: "ä ö", 2: "", 3: "a\tb"}, "label2id": {"-1": 0, "ä ö": 1, "": 2, "a\tb": 3}}
# family, class, the configuration's changes
CASES = [
    *(("Bert", "ForMaskedLM", {"hidden_act": name}) for name in ACTIVATIONS),
    ("Bert", "Model", {"type_vocab_size": 1}), ("Bert", "Model", {"type_vocab_size": 4}),
    ("Bert", "ForMaskedLM", {"layer_norm_eps": 0.3}), ("Bert", "ForMaskedLM", {"pad_token_id": 7}),
    ("Bert", "ForMaskedLM", {"pad_token_id": None}),
    ("Bert", "Model", {"position_embedding_type": "relative_key"}), ("Bert", "Model", {"chunk_size_feed_forward": 17}),
    ("Bert", "ForMaskedLM", {"tie_word_embeddings": False}), ("Bert", "Model", {"is_decoder": True}),
    ("Bert", "Model", {"is_decoder": True, "add_cross_attention": True}),
    ("Bert", "ForSequenceClassification", {"num_labels": 1}), ("Bert", "ForSequenceClassification", {"num_labels": 7}),
    ("Bert", "ForSequenceClassification", {"num_labels": 5, "problem_type": "multi_label_classification"}),
    ("Bert", "ForSequenceClassification", {"num_labels": 3, "problem_type": "regression"}),
    ("Bert", "ForSequenceClassification", LABELS), ("Bert", "ForQuestionAnswering", {"num_labels": 2}),
    ("Bert", "ForQuestionAnswering", {"num_labels": 3}), ("Bert", "ForNextSentencePrediction", {}),
    ("Bert", "LMHeadModel", {"is_decoder": True}),
    ("Roberta", "ForMaskedLM", {"pad_token_id": 0}), ("Roberta", "ForMaskedLM", {"pad_token_id": 5}),
    ("Roberta", "ForMaskedLM", {"hidden_act": "relu"}), ("Roberta", "Model", {"type_vocab_size": 3}),
    ("Roberta", "ForSequenceClassification", {"classifier_dropout": 0.4}), ("Roberta", "ForCausalLM", {"is_decoder": True}),
    ("XLMRoberta", "ForMaskedLM", {"pad_token_id": 3}),
    ("DistilBert", "ForMaskedLM", {"sinusoidal_pos_embds": True}), ("DistilBert", "ForMaskedLM", {"activation": "relu"}),
    ("DistilBert", "ForMaskedLM", {"activation": "silu"}), ("DistilBert", "ForMaskedLM", {"tie_word_embeddings": False}),
    *(("Albert", "ForMaskedLM", {"num_hidden_groups": groups}) for groups in (1, 2, 3, 4)),
    ("Albert", "ForMaskedLM", {"inner_group_num": 2}), ("Albert", "ForMaskedLM", {"hidden_act": "gelu"}),
    ("Albert", "ForSequenceClassification", {"classifier_dropout_prob": 0.5}), ("Albert", "Model", {"embedding_size": 32}),
    ("Albert", "Model", {"num_hidden_layers": 1}),
    *(("T5", "ForConditionalGeneration", {"feed_forward_proj": name})
      for name in ("relu", "gelu", "silu", "gelu_new", "gated-gelu", "gated-silu", "gated-relu", "gated-gelu_new")),
    ("T5", "ForConditionalGeneration", {"tie_word_embeddings": False}),
    ("T5", "ForConditionalGeneration", {"tie_word_embeddings": False, "feed_forward_proj": "gated-gelu"}),
    ("T5", "ForConditionalGeneration", {"num_decoder_layers": 1}), ("T5", "ForConditionalGeneration", {"num_decoder_layers": 3}),
    ("T5", "ForConditionalGeneration", {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 12}),
    ("T5", "ForConditionalGeneration", {"relative_attention_num_buckets": 7}),
    ("T5", "ForConditionalGeneration", {"relative_attention_max_distance": 16}),
    ("T5", "ForConditionalGeneration", {"d_kv": 5}), ("T5", "ForConditionalGeneration", {"d_kv": 16, "num_heads": 3}),
    ("T5", "ForConditionalGeneration", {"layer_norm_epsilon": 0.2}), ("T5", "ForConditionalGeneration", {"pad_token_id": 4}),
    ("T5", "EncoderModel", {}),
    *(("GPT2", "LMHeadModel", {"activation_function": name}) for name in ("relu", "silu", "gelu", "tanh", "gelu_fast")),
    ("GPT2", "LMHeadModel", {"scale_attn_by_inverse_layer_idx": True}), ("GPT2", "LMHeadModel", {"scale_attn_weights": False}),
    ("GPT2", "LMHeadModel", {"reorder_and_upcast_attn": True}), ("GPT2", "LMHeadModel", {"n_inner": 50}),
    ("GPT2", "LMHeadModel", {"tie_word_embeddings": False}), ("GPT2", "LMHeadModel", {"layer_norm_epsilon": 0.2}),
    ("GPT2", "LMHeadModel", {"add_cross_attention": True}),
    *(("OpenAIGPT", "LMHeadModel", {"afn": name}) for name in ("relu", "silu", "gelu")),
    ("OpenAIGPT", "LMHeadModel", {"layer_norm_epsilon": 0.2}), ("OpenAIGPT", "LMHeadModel", {"tie_word_embeddings": False}),
]  # fmt: skip


def build(family, head, changes):
    torch.manual_seed(0)
    config = getattr(hf, f"{family}Config")(**(FAMILIES[family] | changes))
    model = getattr(hf, family + head)(config).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.normal_(mean=1.0 if p.dim() == 1 and not name.endswith("bias") else 0.0, std=0.2)
    return model


def inputs_of(model):
    """Texts of uneven length, padded on the right."""
    config = model.config
    generator = torch.Generator().manual_seed(1)
    mask = (torch.arange(17) < torch.tensor([17, 5, 11])[:, None]).long()
    ids = torch.randint(8, 61, mask.shape, generator=generator)
    inputs = {"input_ids": torch.where(mask == 1, ids, config.pad_token_id or 0), "attention_mask": mask}
    if config.model_type == "t5":
        inputs["decoder_input_ids"] = torch.randint(3, 61, (3, 9), generator=generator)
    elif getattr(config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = torch.arange(17) % config.type_vocab_size * mask
    return inputs


def write_tokenizer(directory):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<|endoftext|>"], show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())  # fmt: skip
    tokenizer.train_from_iterator(["one thing after another, and another thing after that"], trainer)
    tokenizer.save(str(directory / "tokenizer.json"))


def attune_outputs(build_directory, directory, model, folder):
    """Attune's outputs, or why there are none."""
    out, saved = folder / "out.safetensors", folder / "saved"
    out.unlink(missing_ok=True)
    saved.mkdir(exist_ok=True)
    if model.config.model_type in ("gpt2", "openai-gpt"):
        write_tokenizer(directory)
        (folder / "in").write_text("one thing after another")
        program = "dump_logits"
    else:
        save_file(inputs_of(model), folder / "in")
        program = "dump_sequence_logits" if model.config.model_type == "t5" else "dump_text_logits"
    done = subprocess.run([build_directory / program, directory, folder / "in", out, saved], capture_output=True, text=True)
    return (load_file(out), "") if done.returncode == 0 else (None, done.stderr.strip())


@torch.no_grad()
def difference(model, ours):
    if "input_ids" in ours:  # of a text
        expected = model(ours["input_ids"][None])
        return (expected.logits[0] - ours["logits"]).abs().max().item()
    inputs = inputs_of(model)
    expected, worst = model(**inputs), 0
    for name, tensor in ours.items():
        theirs = expected[name]
        seen = inputs["attention_mask"] == 1
        of_tokens = model.config.model_type != "t5" and theirs.dim() >= 2 and theirs.shape[:2] == seen.shape
        gap = (theirs - tensor).abs()
        worst = max(worst, (gap[seen] if of_tokens else gap).max().item())
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="has dump_logits, dump_sequence_logits and dump_text_logits")
    parser.add_argument("families", nargs="*", default=list(FAMILIES), help=f"of {', '.join(FAMILIES)}; all by default")
    a = parser.parse_args()
    same, refused, wrong = 0, 0, 0
    for family, head, changes in CASES:
        if family not in a.families:
            continue
        name = f"{family}{head} {changes or ''}"
        with tempfile.TemporaryDirectory() as where:
            folder = Path(where)
            try:
                build(family, head, changes).save_pretrained(folder / "model")
                model = getattr(hf, family + head).from_pretrained(folder / "model", dtype=torch.float32).eval()
            except Exception as error:  # noqa: BLE001
                print(f"{name}: HF itself has no such model: {str(error)[:80]}")
                continue
            ours, why = attune_outputs(a.build, folder / "model", model, folder)
            if ours is None:
                refused += 1
                print(f"{name}: refused: {why.replace(str(folder), '')}")
            elif (gap := difference(model, ours)) < TOLERANCE:
                same += 1
                print(f"{name}: within {gap:.1e}")
            else:
                wrong += 1
                print(f"{name}: DIFFERS by {gap}")
    print(f"{same} the same, {refused} refused, {wrong} with other outputs")
    assert wrong == 0


if __name__ == "__main__":
    main()
