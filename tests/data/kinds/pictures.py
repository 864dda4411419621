"""Pictures of noise, and files of 16 bits a channel, which Pillow reads and does not write."""

import struct
import zlib

import numpy as np


def picture(height=6, width=8, channels=3, seed=0):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def chunk(tag, data):
    """A part of a PNG."""
    return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))


def png16(colour, pixels):
    """A PNG of 16 bits a channel, which Pillow reads and does not write."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tiff16(pixels):
    """A TIFF of 16 bits a channel, one strip, not compressed."""
    height, width, channels = pixels.shape
    fields = [(256, width), (257, height), (259, 1), (262, 2), (277, channels), (278, height)]
    fields += [(338, 2)] if channels == 4 else []  # the fourth is transparency, not premultiplied
    start = 8 + 2 + 12 * (len(fields) + 3) + 4
    entries = [(tag, struct.pack("<HIHH", 3, 1, value, 0)) for tag, value in fields]
    entries += [(258, struct.pack("<HII", 3, channels, start)), (273, struct.pack("<HII", 4, 1, start + 2 * channels))]
    entries += [(279, struct.pack("<HII", 4, 1, pixels.size * 2))]
    directory = b"".join(struct.pack("<H", tag) + entry for tag, entry in sorted(entries))
    head = b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + struct.pack("<I", 0)
    return head + struct.pack(f"<{channels}H", *[16] * channels) + pixels.astype("<u2").tobytes()
