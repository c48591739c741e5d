"""Goldens for sentence embeddings, made by sentence-transformers: `python make_sentence_embeddings.py` rewrites
sentence_embeddings/ beside this file.

Made with torch 2.15.0, transformers 5.23.0 and sentence-transformers 6.2.0. The models have one layer, width 8 and random
weights; texts.txt has the texts, a line each, and a directory's vectors.npy what SentenceTransformer.encode() gives for
them, in their order (query.npy: encode_query(), document.npy: encode() with the
prompt "passage").

mean      BERT, modules.json as it is written now, the mean, unit length, at most 8 tokens
legacy    RoBERTa in a folder of its own, flags for every pooling mode as versions before 5 wrote them, a dense layer, a
          cased tokenizer read in lower case, prompts that do not count
plain     DistilBERT without any file of sentence-transformers
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from common import randomize
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel, PreTrainedTokenizerFast
from transformers import RobertaConfig, RobertaModel

HERE = Path(__file__).parent / "sentence_embeddings"
TEXTS = [
    "a good film",
    "",
    "A GOOD film",
    "the book was very very very very bad and poor",
    "film [SEP] book",
    "good\tfilm",
    "\u00e9t\u00e9 \u2603 film",
    "bad",
]
WORDS = "a the good bad great poor film book was is very and query passage : A".split()
SIZES = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 12}


def make_tokenizer(special):
    """Words; `special` are those of the format: padding, unknown, first, last."""
    pad, unknown, first, last = special
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate([*special, *WORDS])}, unk_token=unknown))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    ids = [(token, special.index(token)) for token in (first, last)]
    tokenizer.post_processor = processors.TemplateProcessing(f"{first} $A {last}", special_tokens=ids)
    names = {"pad_token": pad, "unk_token": unknown, "cls_token": first, "sep_token": last}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=10, **names)


def save(path, model, special):
    torch.manual_seed(len(path.name))
    randomize(model, lambda name: "norm" in name.lower() and name.endswith("weight"))
    model.save_pretrained(path)
    make_tokenizer(special).save_pretrained(path)


def write_json(path, value):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


def vectors(path, model):
    np.save(path / "vectors.npy", model.encode(TEXTS))
    return model


BERT_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def make_mean(path):
    model = BertModel(BertConfig(vocab_size=20, max_position_embeddings=12, **SIZES))
    save(path, model, BERT_TOKENS)
    encoder = modules.Transformer(str(path))
    whole = SentenceTransformer(modules=[encoder, modules.Pooling(8, "mean"), modules.Normalize()], device="cpu")
    whole.max_seq_length = 8
    shutil.rmtree(path)
    whole.save(str(path), create_model_card=False)
    vectors(path, SentenceTransformer(str(path), device="cpu"))


def make_legacy(path):
    model = RobertaModel(
        RobertaConfig(vocab_size=20, max_position_embeddings=14, type_vocab_size=1, pad_token_id=0, **SIZES)
    )
    save(path / "0_Transformer", model, ["<pad>", "<unk>", "<s>", "</s>"])
    kind = "sentence_transformers.models"
    names = ["Transformer", "Pooling", "Dense", "Normalize"]
    listed = [{"idx": i, "name": str(i), "path": f"{i}_{n}", "type": f"{kind}.{n}"} for i, n in enumerate(names)]
    write_json(path / "modules.json", listed)
    write_json(path / "0_Transformer" / "sentence_roberta_config.json", {"max_seq_length": 9, "do_lower_case": True})
    modes = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"]
    pooling = {f"pooling_mode_{mode}": True for mode in modes} | {"include_prompt": False}
    write_json(path / "1_Pooling" / "config.json", {"word_embedding_dimension": 8} | pooling)
    torch.manual_seed(5)
    for folder in ("2_Dense", "3_Normalize"):
        (path / folder).mkdir()
    modules.Dense(48, 5).save(str(path / "2_Dense"))
    prompts = {"query": "query: ", "passage": "passage: "}
    write_json(path / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": None})
    whole = vectors(path, SentenceTransformer(str(path), device="cpu"))
    np.save(path / "query.npy", whole.encode_query(TEXTS))
    np.save(path / "document.npy", whole.encode(TEXTS, prompt_name="passage"))


def make_plain(path):
    sizes = {"dim": 8, "n_layers": 1, "n_heads": 2, "hidden_dim": 12}
    save(path, DistilBertModel(DistilBertConfig(vocab_size=20, max_position_embeddings=9, **sizes)), BERT_TOKENS)
    vectors(path, SentenceTransformer(str(path), device="cpu"))


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    (HERE / "texts.txt").write_text("".join(text + "\n" for text in TEXTS), encoding="utf-8")
    for make in (make_mean, make_legacy, make_plain):
        path = HERE / make.__name__.removeprefix("make_")
        path.mkdir()
        make(path)
    for path in sorted(HERE.iterdir()):
        print(path.name, sum(f.stat().st_size for f in path.rglob("*") if f.is_file()) // 1024, "KiB")


if __name__ == "__main__":
    main()
