"""NOUNS: what the rooms hand to each other. Frozen, closed, no I/O."""

from mintza.records.arena import Battle, Criterion, Rating, Reply, Vote, Winner
from mintza.records.artifacts import Artifact, Finding, Parent, VerdictCount
from mintza.records.base import Record
from mintza.records.exams import Accuracy, Answer, Item, Measurement, Protocol, Score
from mintza.records.talk import Conversation, FinishReason, Message, Role
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
    "Accuracy", "Answer", "Artifact", "Backbone", "BackboneKind", "Battle", "Checkpoint", "ComponentCount", "Conversation",
    "Criterion", "Document", "Finding", "FinishReason", "IdentifierFile", "Item", "Language", "Measurement", "Message", "ModelRef",
    "ParallelSegment", "Parent", "Protocol", "Provenance", "ProviderName", "Rating", "Record", "Reply", "Role", "Score", "Split", "Step",
    "TrainingStep", "Unit", "Variant", "Variety", "Verdict", "VerdictCount", "Vote", "Winner",
]  # fmt: skip
