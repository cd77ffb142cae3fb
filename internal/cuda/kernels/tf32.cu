// All kernels on tensor cores, for one module.
