// The kernels, as g++ compiles them.
#include "../../kernels/fp32.cu"
