"""One share of the requests of an artifact: answers go to the journal, and what is made of them here is let go."""

from __future__ import annotations

from functools import partial

from mintza.models.sharing import NotShared, Sharing
from mintza.pipeline.plan import Plan
from mintza.pipeline.run import Listener, ready_to_make
from mintza.pipeline.serving import Starter
from mintza.pipeline.work import Work
from mintza.store import Store


def ask_share(
    plan: Plan,
    store: Store,
    listener: Listener,
    node: str,
    key: str,
    share: int,
    shares: int,
    starter: Starter | None = None,
) -> None:
    """Ask share `share` (from 0) of `shares` of what an artifact asks; nothing when it is complete.

    Raises StudyError when the study has changed since, or a parent is missing.
    """
    store.prepare()
    with store.lock_whole(shared=True, waiting=listener.say):
        found, done = ready_to_make(plan, store, node, key)
        if node in done:
            listener.say(f"{node} is complete: nothing is left to ask")
            return
        stage = found.stage
        take = partial(store.lock_share, stage.name, key, what="a share of its requests", waiting=None)
        with store.lock_share(stage.name, key, share, f"share {share} of {shares} of {node}", listener.say):
            work = Work(
                study=plan.study,
                store=store,
                parts=plan.parts,
                stage=stage.name,
                key=key,
                done=done,
                wanted=found.parents,
                component_nodes=plan.component_nodes,
                progress=listener.begins(node, f"asks share {share} of {shares}"),
                say=listener.say,
                sharing=Sharing(own=share, shares=shares, take=take),
                starter=starter,
            )
            with work.opened:
                try:
                    made = sum(1 for _ in found.make(work))
                    listener.say(f"{node}: every answer is in the journal; {made} records would be made of them")
                except NotShared:
                    listener.say(f"{node}: likelihoods are not shared, its own job asks them")
