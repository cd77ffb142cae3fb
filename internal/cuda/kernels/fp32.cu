// All kernels in float32, for one module.
#include "conv.cu"
#include "window.cu"
#include "plain.cu"
#include "pixels.cu"
