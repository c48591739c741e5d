"""The models that the peers run: GPT-2 124M with random weights, made once into a cache folder.

    gpt2-f32, gpt2-bf16    Hugging Face directories
    ct2-f32, ct2-int8      CTranslate2's own format
    gpt2-*.gguf            llama.cpp's
    prompt-N               a prompt of exactly N tokens: text.txt, ids.json
    marian-f32             a MarianMTModel of the paper's base size, random, with a tokenizer of 8,000 words
    ct2-marian-f32         the same in CTranslate2's format
    t5-f32                 a T5ForConditionalGeneration of T5-small's size, random, with a tokenizer of characters
    sources.txt            eight lines of 31 words: 32 tokens with the end of text

    python prepare.py CACHE TOKENIZER
"""

import json
import os
import shutil
import sys
from pathlib import Path

GGUF_TYPES = ("f32", "bf16", "q8_0")
PROMPT_LENGTHS = (16, 512)


def once(path: Path, make):
    """Calls make(temporary path) and renames it to `path`, unless that is there already."""
    if path.exists():
        return
    print(f"making {path}", flush=True)
    temporary = path.with_name("making-" + path.name)
    shutil.rmtree(temporary, ignore_errors=True)
    make(temporary)
    os.replace(temporary, path)


def make_huggingface(path, tokenizer, dtype):
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config()).to(dtype).save_pretrained(path)
    tokenizer.save_pretrained(path)


def make_ctranslate2(path, source, quantization):
    import ctranslate2

    ctranslate2.converters.TransformersConverter(str(source)).convert(str(path), quantization=quantization)


def make_prompt(path, tokenizer, length):
    text = "the" + " the" * (length - 1)
    ids = tokenizer(text)["input_ids"]
    assert len(ids) == length, f"{len(ids)} tokens, expected {length}"
    path.mkdir()
    (path / "text.txt").write_text(text, encoding="utf-8")
    (path / "ids.json").write_text(json.dumps(ids), encoding="utf-8")


# The paper's base model (1706.03762, table 3). Padding is last and starts the decoder, as in OPUS-MT's models,
# because CTranslate2's converter takes the last token for it.
MARIAN = {
    "vocab_size": 8000, "d_model": 512, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 8,
    "decoder_attention_heads": 8, "encoder_ffn_dim": 2048, "decoder_ffn_dim": 2048, "activation_function": "relu",
    "max_position_embeddings": 128, "scale_embedding": True, "pad_token_id": 7999, "decoder_start_token_id": 7999,
    "bos_token_id": 0, "eos_token_id": 0, "forced_eos_token_id": None,
}  # fmt: skip


FIRST_CHARACTER = 0x4E00


def make_marian(path):
    import torch
    from transformers import MarianConfig, MarianMTModel

    torch.manual_seed(0)
    model = MarianMTModel(MarianConfig(**MARIAN))
    model.generation_config.bad_words_ids = [[MARIAN["pad_token_id"]]]
    model.save_pretrained(path)
    save_character_tokenizer(path, ["</s>", "<unk>", *map(character, range(2, 7999)), "<pad>"])


def make_t5(path):
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    config = T5Config(decoder_start_token_id=0)
    T5ForConditionalGeneration(config).save_pretrained(path)
    save_character_tokenizer(path, ["<pad>", "</s>", "<unk>", *map(character, range(3, config.vocab_size))])


def make_bert(path):
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig()
    BertModel(config).save_pretrained(path)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *map(character, range(4, config.vocab_size))]
    save_character_tokenizer(path, words, ("[CLS]", "[SEP]", "[UNK]", "[PAD]"))


def make_openvino_bert(path, source):
    import openvino as ov
    import torch
    from transformers import BertModel

    model = BertModel.from_pretrained(source, dtype=torch.float32).eval()
    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = {name: torch.ones((2, 16), dtype=torch.int64) for name in names}
    converted = ov.convert_model(model, example_input=example)
    path.mkdir()
    ov.save_model(converted, path / "bert.xml", compress_to_fp16=False)


# Lines of BERT's texts: some batches of each size, the special tokens not among the characters.
BERT_LINES = {"1x128": (40, 126), "8x128": (64, 126), "8x384": (40, 382)}


def make_bert_texts(path):
    import random

    numbers = random.Random(2)
    text = lambda length: "".join(character(numbers.randrange(4, 30000)) for _ in range(length))
    path.mkdir()
    for size, (lines, length) in BERT_LINES.items():
        (path / f"{size}.txt").write_text("".join(text(length) + "\n" for _ in range(lines)), encoding="utf-8")
    rows = "".join(f"{text(62)}\t{i % 2}\n" for i in range(512))
    (path / "16x64.tsv").write_text("text\tlabel\n" + rows, encoding="utf-8")


def character(i):
    return chr(FIRST_CHARACTER + i)


def save_character_tokenizer(path, words, special=(None, "</s>", "<unk>", "<pad>")):
    """A token a character; `special` begins and ends a text, stands for what is unknown and fills up."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    first, last, unknown, pad = special
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("(?m:.)"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    template = f"$A {last}" if first is None else f"{first} $A {last}"
    ids = [(token, words.index(token)) for token in (first, last) if token is not None]
    tokenizer.post_processor = processors.TemplateProcessing(template, special_tokens=ids)
    names = {"unk_token": unknown, "pad_token": pad}
    names |= {"eos_token": last} if first is None else {"cls_token": first, "sep_token": last}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(path)


def make_ctranslate2_marian(path, source):
    import ctranslate2
    from transformers import PreTrainedTokenizerFast

    class Converter(ctranslate2.converters.TransformersConverter):
        def load_tokenizer(self, tokenizer_class, name, **kwargs):  # not the sentencepiece that it expects
            return PreTrainedTokenizerFast.from_pretrained(name)

    Converter(str(source)).convert(str(path))


def make_sources(path):
    import random

    numbers = random.Random(0)
    lines = ["".join(chr(FIRST_CHARACTER + numbers.randrange(2, 7999)) for _ in range(31)) for _ in range(8)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def make_pairs(path):
    """Pairs of 16 tokens with the end of text, for training."""
    import random

    numbers = random.Random(1)
    side = lambda: "".join(chr(FIRST_CHARACTER + numbers.randrange(2, 7999)) for _ in range(15))
    path.write_text("".join(f"{side()}\t{side()}\n" for _ in range(4096)), encoding="utf-8")


def prepare(cache: Path, tokenizer_source: str):
    import torch
    from transformers import GPT2Tokenizer

    from gguf_gpt2 import write_gguf

    cache.mkdir(parents=True, exist_ok=True)
    tokenizer = GPT2Tokenizer.from_pretrained(tokenizer_source)
    f32 = cache / "gpt2-f32"
    once(f32, lambda p: make_huggingface(p, tokenizer, torch.float32))
    once(cache / "gpt2-bf16", lambda p: make_huggingface(p, tokenizer, torch.bfloat16))
    once(cache / "ct2-f32", lambda p: make_ctranslate2(p, f32, None))
    once(cache / "ct2-int8", lambda p: make_ctranslate2(p, f32, "int8"))
    for kind in GGUF_TYPES:
        once(cache / f"gpt2-{kind}.gguf", lambda p, kind=kind: write_gguf(f32, p, kind))
    for length in PROMPT_LENGTHS:
        once(cache / f"prompt-{length}", lambda p, n=length: make_prompt(p, tokenizer, n))
    marian = cache / "marian-f32"
    once(marian, make_marian)
    once(cache / "ct2-marian-f32", lambda p: make_ctranslate2_marian(p, marian))
    once(cache / "t5-f32", make_t5)
    bert = cache / "bert-f32"
    once(bert, make_bert)
    once(cache / "bert-openvino", lambda p: make_openvino_bert(p, bert))
    once(cache / "bert-texts", make_bert_texts)
    once(cache / "sources.txt", make_sources)
    once(cache / "pairs.tsv", make_pairs)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), sys.argv[2])
