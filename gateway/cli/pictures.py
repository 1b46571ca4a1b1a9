"""`menshen verify --picture`: pictures in, questions to be answered out."""

import json
from collections.abc import Sequence
from pathlib import Path

from devices.errors import Fault, SetupError
from edge_rules.credentials.collecting import together
from edge_rules.credentials.picture_file import MAX_BYTES, PictureError
from edge_rules.credentials.pictures import read_codes_in


def questions(pictures: Sequence[Path]) -> list[bytes]:
    """Give a line for each credential that the pictures show; SetupError names every bad one."""
    faults: list[Fault] = []
    lines: list[bytes] = []
    for path in pictures:
        try:
            with path.open("rb") as file:
                texts = read_codes_in(file.read(MAX_BYTES + 1))
        except OSError as error:
            faults.append(Fault(str(path), 1, 1, f"can't be read: {error.strerror}"))
        except PictureError as error:
            faults.append(Fault(str(path), 1, 1, str(error)))
        else:
            lines += [_question(shown) for shown in together(texts)]
    if faults:
        raise SetupError(faults)
    return lines


def _question(texts: tuple[str, ...]) -> bytes:
    return json.dumps({"credential": texts}).encode() + b"\n"
