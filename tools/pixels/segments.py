"""Makes internal/jpeg/testdata/segments: a JPEG with one more segment each, some of odd lengths, or one that is cut off in place of the end
marker, with the hash of what Pillow 13 decodes.

    pip install pillow==13.0.0
    python tools/pixels/segments.py internal/jpeg/testdata/images/jpg_420_base_17x33.jpg internal/jpeg/testdata/segments
"""

import hashlib
import io
import json
import os
import sys

from PIL import Image

SEGMENTS = {
    "app0_length_0": b"\xff\xe0\0\0",
    "jfif_6_bytes": b"\xff\xe0\0\x08JFIF\0\1",
    "jfif_7_bytes": b"\xff\xe0\0\x09JFIF\0\1\1",
    "adobe_6_bytes": b"\xff\xee\0\x08Adobe\0",
    "adobe_7_bytes": b"\xff\xee\0\x09Adobe\0\x64",
    "app5_length_1": b"\xff\xe5\0\1",
    "comment_length_0": b"\xff\xfe\0\0",
    "dqt_length_0": b"\xff\xdb\0\0",
    "conditioning": b"\xff\xcc\0\x06\x00\x10\x11\x05",
    "conditioning_table": b"\xff\xcc\0\x04\x20\x10",
    "conditioning_bounds": b"\xff\xcc\0\x04\x01\x12",
    "conditioning_odd": b"\xff\xcc\0\x05\x01\x20\x01",
}

# What the file ends with instead of its end marker.
CUT = {
    "cut_comment": b"\xff\xfe\0\xc8" + bytes(10),
    "cut_marker": b"\xff\xdb",
    "cut_dqt": b"\xff\xdb\0\xc8" + bytes(10),
    "cut_dht": b"\xff\xc4\0\xc8" + bytes(10),
    "cut_dht_short": b"\xff\xc4\0\x04\0",
    "cut_dht_codes": b"\xff\xc4\x57\xab\x18" + bytes(range(42, 58)) + bytes(10),
    "cut_dht_counts": b"\xff\xc4\x57\xab\0" + b"\xff" * 15,
    "cut_dht_index": b"\xff\xc4\0\xc8\x09" + bytes(16),
    "cut_dht_second": b"\xff\xc4\0\x25" + bytes(17) + b"\0" + b"\x10" * 16,
    "cut_dqt_table": b"\xff\xdb\0\xc8\5",
    "cut_conditioning": b"\xff\xcc\0\x08\x20\x10",
    "cut_conditioning_bounds": b"\xff\xcc\0\x08\x10\1\1\x12",
    "cut_dri": b"\xff\xdd\0\x04\0",
    "cut_dri_long": b"\xff\xdd\0\xc8" + bytes(10),
    "cut_frame": b"\xff\xc0",
    "cut_frame_arithmetic": b"\xff\xc9\0\xc8" + bytes(10),
    "cut_frame_extension": b"\xff\xc8",
    "cut_frame_hierarchical": b"\xff\xcf\0",
    "cut_scan": b"\xff\xda\0\xc8",
    "cut_scan_short": b"\xff\xda\0\x08\1\1",
    "cut_scan_long": b"\xff\xda\0\xc8\1\1",
}


def main(source, folder):
    os.makedirs(folder, exist_ok=True)
    with open(source, "rb") as file:
        whole = file.read()
    with open(os.path.join(folder, "decode.jsonl"), "w") as rows:
        files = {name: whole[:2] + segment + whole[2:] for name, segment in SEGMENTS.items()}
        files |= {name: whole[:-2] + segment for name, segment in CUT.items()}
        for name, raw in files.items():
            with open(os.path.join(folder, name + ".jpg"), "wb") as file:
                file.write(raw)
            row = {"file": name + ".jpg", "format": "JPEG"}
            try:
                image = Image.open(io.BytesIO(raw))
                rgb = image.convert("RGB")
                row |= {"pil_mode": image.mode, "progressive": False, "width": rgb.width, "height": rgb.height,
                        "sha256": hashlib.sha256(rgb.tobytes()).hexdigest()}
            except OSError as error:
                row["error"] = type(error).__name__
            rows.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
