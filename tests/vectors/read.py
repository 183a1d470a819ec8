"""Prints what waits in rings, a line of JSON for each file: written from docs/layout.md alone, as an onlooker.

    python3 tests/vectors/read.py tests/vectors/*.ring
"""

import json
import mmap
import os
import struct
import sys


def header_and_size(ring, place, room):
    """The kind and the length of a record, and the bytes that it takes (6.9)."""
    length, kind = struct.unpack_from("<II", ring, place)
    size = (8 + length + 7) & ~7
    if kind not in (1, 2, 3) or (kind == 3 and length):
        raise ValueError("RecordKind")
    if size > room:
        raise ValueError("RecordLength")
    return kind, length, size


def refused(ring):
    """Why a file is no ring that this program knows (3.1)."""
    if len(ring) < 128:
        return "length"
    magic, abi, capacity, page, fences = struct.unpack_from("<8s4Q", ring)
    checks = {
        "magic": magic == b"ipc_ring",
        "abi": abi == 2,
        "page size": 4096 <= page <= 65536 and page & (page - 1) == 0,
        "fences": fences in (0, 1),
        "capacity": 64 <= capacity <= 1 << 31 and capacity & (capacity - 1) == 0,
        "length": len(ring) == 2 * page + capacity,
    }
    return next((name for name, holds in checks.items() if not holds), None)


def records(ring):
    """What waits, each as [position, kind, what], and last, where there is one, the check that a record fails."""
    capacity, page = struct.unpack_from("<QQ", ring, 16)
    reader, writer = (struct.unpack_from("<Q", ring, at + 256)[0] & ~1 for at in (page, 0))  # in this order: 17.2
    ahead = (writer - reader) % 2**64
    if reader % 8 or writer % 8:
        return [], "CursorAlignment"
    if ahead > capacity:
        return [], "CursorRange"
    found, at = [], reader
    while at != writer:
        index, room = at % capacity, (writer - at) % 2**64
        place, to_end = 2 * page + index, capacity - index
        try:
            kind, length, size = header_and_size(ring, place, min(room, to_end))
            if kind == 2 and (index == 0 or size != to_end):
                raise ValueError("RecordPadding")
        except ValueError as check:
            return found, str(check)
        payload = bytes(ring[place + 8 : place + 8 + length])
        # 17.4. The order of the loads is the processor's: on AArch64, a fence belongs here, which Python does not have.
        if (at - (struct.unpack_from("<Q", ring, page + 256)[0] & ~1)) % 2**64 >= 2**63:
            return found, "overtaken"
        found.append({1: [at, "message", payload.decode()], 2: [at, "padding", size], 3: [at, "end"]}[kind])
        at = (at + size) % 2**64
    return found, None


for path in sys.argv[1:]:
    with open(path, "rb") as file:
        empty = os.fstat(file.fileno()).st_size == 0  # which cannot be mapped
        ring = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    line = {"refused": refused(ring)}
    if line["refused"] is None:
        line["records"], line["corrupt"] = records(ring)
    print(json.dumps(line))
