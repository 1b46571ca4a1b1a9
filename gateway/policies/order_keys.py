"""The HQ's public keys as a site keeps them: one file, or a folder of them."""

from pathlib import Path

from devices.errors import Fault, SetupError
from edge_rules.orders.signatures import OrderKeys, key_id, read_order_key

MAX_KEYS = 16
MAX_BYTES = 4096


def load_order_keys(path: Path) -> OrderKeys:
    """Read all keys; SetupError lists every file that holds none."""
    files = sorted(path.glob("*.pem")) if path.is_dir() else [path]
    if not 0 < len(files) <= MAX_KEYS:
        what = f"orders.keys: holds {len(files)} *.pem files, it needs 1 to {MAX_KEYS}"
        raise SetupError([Fault(str(path), 1, 1, what)])
    keys, faults = {}, []
    for file in files:
        try:
            with file.open("rb") as opened:
                key = read_order_key(opened.read(MAX_BYTES))
        except OSError as error:
            faults.append(Fault(str(file), 1, 1, f"can't be read: {error.strerror}"))
        except ValueError as error:
            faults.append(Fault(str(file), 1, 1, str(error)))
        else:
            keys[key_id(key)] = key
    if faults:
        raise SetupError(faults)
    return OrderKeys(keys)
