"""NOUNS: what the rooms hand to each other. Frozen, closed, no I/O."""

from mintza.records.arena import Battle, Criterion, Rating, Reply, Vote, Winner
from mintza.records.artifacts import Artifact, Finding, Parent, VerdictCount
from mintza.records.base import Record
from mintza.records.exams import Accuracy, Answer, Item, Leaning, Measurement, Protocol, Score, Writing
from mintza.records.gate import Failure, Gate, Trial
from mintza.records.review import Decision, Objection, Review
from mintza.records.talk import Category, Conversation, FinishReason, Judgement, Message, Role, SamplePrompts
from mintza.records.text import (
    Document,
    IdentifierFile,
    Language,
    ParallelSegment,
    Provenance,
    Split,
    Step,
    Unit,
    Variety,
    Verdict,
)
from mintza.records.variants import (
    Backbone,
    BackboneKind,
    Checkpoint,
    ComponentCount,
    ModelRef,
    ProviderName,
    TrainingStep,
    Variant,
)

__all__ = [
    "Accuracy", "Answer", "Artifact", "Backbone", "BackboneKind", "Battle", "Category", "Checkpoint", "ComponentCount",
    "Conversation", "Criterion", "Decision", "Document", "Failure", "Finding", "FinishReason", "Gate", "IdentifierFile", "Item",
    "Judgement", "Language", "Leaning", "Measurement", "Message", "ModelRef", "Objection", "ParallelSegment", "Parent", "Protocol",
    "Provenance", "ProviderName", "Rating", "Record", "Reply", "Review", "Role", "SamplePrompts", "Score", "Split", "Step",
    "TrainingStep", "Trial", "Unit", "Variant", "Variety", "Verdict", "VerdictCount", "Vote", "Winner", "Writing",
]  # fmt: skip
