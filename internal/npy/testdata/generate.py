"""Write the files that npy_test.go reads. numpy 2.4.6: python generate.py (in this folder)."""
import numpy as np

rng = np.random.default_rng(1)
floats = rng.standard_normal((3, 4, 5)).astype("<f4")
np.save("float32.npy", floats)
np.save("float64.npy", floats.astype("<f8") / 3)
np.save("uint8.npy", np.arange(256, dtype="|u1").reshape(16, 16))
np.save("int64.npy", np.array([-(1 << 63), -1, 0, 1, (1 << 63) - 1], "<i8"))
np.save("scalar.npy", np.array(2.5, "<f4"))
np.save("empty.npy", np.empty((0, 7), "<f4"))
for version in [(2, 0), (3, 0)]:
    with open(f"version{version[0]}.npy", "wb") as f:
        np.lib.format.write_array(f, floats, version=version)
np.save("fortran.npy", np.asfortranarray(floats))
np.save("big_endian.npy", floats.astype(">f4"))
np.save("complex.npy", floats.astype("<c8"))
np.save("structured.npy", np.zeros(3, [("a", "<f4"), ("b", "<i8")]))

# Halves of every kind, and what NumPy widens it to.
halves = np.arange(1 << 16, dtype="<u2").view("<f2")
halves = np.concatenate([halves[:2048:3], halves[2048::61], halves[31740:31750], halves[64508:64520]])
np.save("halves.npy", halves)
np.save("halves_widened.npy", halves.astype("<f4"))
# float32 values on, beside and between the halves, and what NumPy rounds them to.
near = halves[np.isfinite(halves)].astype("<f4")
with np.errstate(over="ignore"):
    step = np.spacing(np.abs(near).astype("<f2")).astype("<f4") / 2
ties = np.concatenate([near + step, np.nextafter(near + step, np.float32(0)), np.nextafter(near + step, np.float32(np.inf))])
special = np.array([0, -0.0, np.inf, -np.inf, np.nan, 65504, 65519.996, 65520, 1e30, -1e30, 2**-24, 2**-25, np.nextafter(
    np.float32(2**-25), np.float32(1)), 2**-26, 1e-40], "<f4")
exact = np.concatenate([ties, special, rng.standard_normal(500).astype("<f4") * 1e-5, rng.standard_normal(500).astype("<f4")])
np.save("floats.npy", exact.astype("<f4"))
with np.errstate(over="ignore"):
    np.save("floats_rounded.npy", exact.astype("<f2"))

# Archives, with names such as Keras's parameters have.
arrays = {"conv1_conv/kernel": floats, "conv1_conv/bias": floats[0, 0].astype("<f2"), "count": np.array(7, "<i8"), "odd": np.asfortranarray(floats)}
np.savez("arrays.npz", **arrays)
np.savez_compressed("compressed.npz", **arrays)
