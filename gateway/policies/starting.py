"""Which policies a new run begins with: what the record says, and the site's own file."""

from collections.abc import Callable

from devices.errors import Fault, SetupError
from devices.moment import Moment
from edge_rules.policies import Placed, Policies, restored
from edge_rules.policy.compiler import CompiledPolicy
from gateway.policies.loading import Loaded, load
from gateway.policies.shelf import Shelf
from gateway.ports import Event


def policies_at_start(
    stood: Event | None,
    file: CompiledPolicy,
    shelf: Shelf,
    now: Moment,
    lost: Callable[[str], None],
) -> Policies:
    """Go on with what stood; `lost` hears a sentence on each policy that can't be had again.

    `stood` is the last event of the record with a `stands`. What the site's file says is for the
    caller to offer: where its hash is another than the record's, somebody edited it meanwhile.
    """
    if stood is None:
        return Policies(Placed(file, since_ms=now.wall_ms), file=file.hash, recorded=False)
    known = {file.hash: file}

    def find(hash_: str) -> CompiledPolicy | None:
        if hash_ not in known:
            try:
                known[hash_] = loaded_again(shelf, hash_).compiled
            except SetupError as error:
                lost(str(error.faults[0]))
        return known.get(hash_)

    return restored(stood["stands"], find, file, now)


def loaded_again(shelf: Shelf, hash_: str) -> Loaded:
    """Load a policy that was kept; SetupError where it is gone, or is not what it was."""
    text = shelf.text(hash_)
    source = f"policies/{hash_}.yaml"
    if text is None:
        raise SetupError([Fault(source, 1, 1, "is gone from the data folder")])
    loaded = load(text, source)
    if loaded.compiled.hash != hash_:
        what = f"is not what it was: its hash is {loaded.compiled.hash}"
        raise SetupError([Fault(source, 1, 1, what)])
    return loaded
