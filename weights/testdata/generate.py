"""Write the files of testdata/saved as a user would. numpy 2.4.6: python generate.py (in this folder)."""
from pathlib import Path

import numpy as np

a = np.arange(6, dtype=np.float32).reshape(2, 3) / 2
for layer, dtype in [("dense", np.float32), ("half", np.float16), ("double", np.float64)]:
    Path("saved", layer).mkdir(parents=True, exist_ok=True)
    np.save(f"saved/{layer}/kernel.npy", a.astype(dtype))
