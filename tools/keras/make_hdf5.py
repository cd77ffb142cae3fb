"""Makes internal/hdf5/testdata: small files with all that h5py writes.

    python tools/keras/make_hdf5.py internal/hdf5/testdata

Every kind of number, storage, filter, index of chunks and group, in the oldest
and in the newest version of the format. cases.json says what h5py reads.
"""
import gzip
import hashlib
import json
import os
import sys
import tempfile

import h5py
import numpy as np

TYPES = "<f2 >f2 <f4 >f4 <f8 >f8 i1 u1 <i2 >i2 <u2 <i4 >i4 <u4 >u4 <i8 >i8 <u8".split()

# shape, chunk, what it can grow to: each index of chunks, small and large, with
# chunks cut off and chunks larger than the dataset
CHUNKS = [
    ((7,), (3,), None), ((7,), (7,), None), ((5, 6, 7), (2, 3, 4), None), ((1500,), (1,), None),
    ((7,), (3,), (None,)), ((1500,), (1,), (None,)), ((20, 30), (3, 4), (20, None)), ((20, 30), (3, 4), (None, 50)),
    ((20, 30), (3, 4), (40, 70)), ((3, 5), (8, 8), (None, None)), ((12, 15), (1, 1), (None, None)),
]
FILTERS = [
    {}, dict(compression="gzip", shuffle=True), dict(shuffle=True), dict(fletcher32=True),
    dict(compression="gzip", shuffle=True, fletcher32=True),
]


def types(f, rng):
    for t in TYPES:
        values = (rng.standard_normal((3, 4)) * 100).astype(t)
        name = t.replace("<", "little_").replace(">", "big_")
        f.create_dataset("contiguous/" + name, data=values)
        f.create_dataset("chunked/" + name, data=values, chunks=(2, 3))
    f["scalar"] = np.float32(3.5)
    f.create_dataset("empty", shape=(3, 0), dtype="f4")
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((5,))
    h5py.h5d.create(f.id, b"compact", h5py.h5t.IEEE_F32LE, space, plist).write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.arange(5, dtype="f4"))


def chunks(f, rng):
    for shape, chunk, most in CHUNKS:
        for i, options in enumerate(FILTERS):
            if np.prod(shape) > 100 and i > 1:
                continue
            values = rng.standard_normal(shape).astype("f4").round(1)
            name = "%s_%s_%s_%d" % (shape, chunk, most, i)
            f.create_dataset(name.replace(" ", ""), data=values, chunks=chunk, maxshape=most, **options)


def groups(f, rng):
    d = f.create_dataset("x", data=np.arange(3, dtype="f4"))
    for n in 0, 1, 8, 9, 17, 300, 1200:
        g = f.create_group("group%d" % n)
        for i in range(n):
            g["name%d" % i] = d
    g = f.create_group("ordered", track_order=True)
    for i in range(20):
        g["name%d" % i] = d
    for i in range(30):  # too many for a header
        g.attrs["a%d" % i] = np.array([b"value%d" % i] * 3)
    g = f.create_group("long")
    try:
        for i in range(10):  # too long for a heap's blocks
            g.attrs["a%d" % i] = np.array([b"%06d" % j for j in range(1000)])
    except OSError:
        pass  # the oldest version has no room for them
    g.attrs["variable"] = np.array(["one", "", "drei ß"], dtype=object)
    g.attrs["scalar"] = "text"
    g.attrs["none"] = np.zeros(0)
    f["soft"] = h5py.SoftLink("/group9/name3")


def tiny(f, rng):
    # Seeds for fuzzing: little of everything.
    for i, most in enumerate([None, (None, 3), (None, None)]):
        f.create_dataset("chunked%d" % i, data=np.ones((2, 3), "f4"), chunks=(1, 2), maxshape=most, **FILTERS[i])
    f.create_dataset("plain", data=np.ones((2, 3), ">f2"))
    g = f.create_group("group")
    for i in range(9):
        g["link%d" % i] = f["plain"]
    g.attrs["fixed"] = np.array([b"one", b"two"])
    for i in range(9):
        g.attrs["a%d" % i] = np.array(["variable"], dtype=object)


def describe(f):
    datasets, found = {}, {}

    def visit(path, o):
        if isinstance(o, h5py.Dataset):
            values = np.array(o[()], dtype="<f4", order="C")
            datasets["/" + path] = dict(shape=list(o.shape), sha256=hashlib.sha256(values.tobytes()).hexdigest())
        else:
            strings = {k: [t.decode() if isinstance(t, bytes) else str(t) for t in np.atleast_1d(v)] for k, v in o.attrs.items()}
            found["/" + path] = dict(names=len(o), strings={k: [len(v)] + v[-1:] for k, v in strings.items()})
    f.visititems(visit)
    return dict(datasets=datasets, groups=found)


def main(out):
    cases = []
    for make in types, chunks, groups, tiny:
        for version in "earliest", "v108", "latest":
            if version == "v108" and make is not types:
                continue  # as one of the others
            name = "%s_%s.h5" % (make.__name__, version)
            with tempfile.TemporaryDirectory() as tmp:
                path = os.path.join(tmp, name)
                with h5py.File(path, "w", libver=version) as f:
                    make(f, np.random.default_rng(1))
                with h5py.File(path, "r") as f:
                    cases.append(dict(file=name, **describe(f)))
                with open(path, "rb") as f:
                    data = f.read()
            with open(os.path.join(out, name + ".gz"), "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0, filename="") as z:
                z.write(data)
            print(name, len(data))
    with open(os.path.join(out, "cases.json"), "w") as f:
        json.dump(cases, f, separators=(",", ":"))


main(*sys.argv[1:])
