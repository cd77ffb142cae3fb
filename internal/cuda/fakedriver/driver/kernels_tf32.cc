// The kernels on tensor cores, as g++ compiles them.
#include "../../kernels/tf32.cu"
