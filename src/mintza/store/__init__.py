"""WHERE THINGS LIE: the only room that knows paths, shards, manifests, locks; it opens journals and workspaces."""

from mintza.store.locks import Lock
from mintza.store.store import Store
from mintza.store.writer import Description, Writer

__all__ = ["Description", "Lock", "Store", "Writer"]
