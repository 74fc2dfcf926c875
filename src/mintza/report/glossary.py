"""The words that the page uses, for somebody who reads nothing else."""

from __future__ import annotations

TERMS: tuple[tuple[str, str], ...] = (
    ("artifact", "What one stage of the study made. Its key is a hash of all that decided it."),
    ("backbone", "The open-weight model that a study starts from: base, or already instructed."),
    ("base model", "A model that continues text and was not taught to follow instructions."),
    (
        "bits per byte",
        "How many bits a model needs, on average, to predict one byte of text that it has not seen. Lower is better. "
        "Models with different tokenizers can be compared by it.",
    ),
    ("chat template", "The rule that turns a conversation into the one text that a model was trained on."),
    ("component", "One part of a mixture: the corpus, or conversations that were sampled, translated or written."),
    ("corpus", "Documents in the target language, trained on as plain text."),
    (
        "effect",
        "How much a number changes when one component is added and nothing else in the mixture is changed, item by item.",
    ),
    ("held-out", "Text kept away from training, so that predicting it is a fair test."),
    (
        "interval",
        "The range that holds the true value in 95 of 100 such studies, as far as chance in the choice of items goes. "
        "It does not hold what another training seed would change.",
    ),
    ("item", "One question of an exam, one held-out text, or one prompt."),
    ("key", "A hash of all that decides an artifact: the same key, the same artifact."),
    ("likelihood protocol", "A multiple-choice item is answered by the choice that the model finds likeliest."),
    ("loss", "What training lowers: nats (units of surprise, by the natural logarithm) a supervised token."),
    (
        "Magpie",
        "Sampling an instruction from an instructed model by giving it only the beginning of a user's turn (Xu et al., 2024).",
    ),
    ("mixture", "The components that a variant is trained on, together."),
    ("points", "Percentage points: from 30 % to 34 % is 4 points."),
    ("reference", "A model that is examined and never trained."),
    ("right-language rate", "Share of answers, to prompts in the target language, that are in that language."),
    ("sampled", "Conversations that an instructed model made up, both sides."),
    ("seed", "The number that decides everything random."),
    ("supervised token", "A token that bears loss: all tokens of documents, the assistant's tokens of conversations."),
    ("translated", "Sampled conversations that a model brought into the target language."),
    ("untouched", "A backbone as it came, in the table beside its variants."),
    ("variant", "A backbone trained on a mixture with a seed."),
    ("verdict", "What a filter or check said of a record: kept or dropped, and why."),
    ("waterfall", "How many records came in, what each step dropped, and how many are left."),
    ("written", "Conversations that somebody wrote; never mixed up with the sampled ones."),
)
