// Rates of this machine and of the kernel's products: floating point operations, or bytes, per second.
#pragma once
#include "kernels.h"

namespace accent {

// The multiply-adds that the processor can do without touching memory: the denominator of every percentage.
double measure_peak(const Kernels& ks, bool bf16, int threads, double seconds);

// Products c[m, n] = a[m, k] b[k, n] with packed weights, as the encoder does them.
double measure_gemm(const Kernels& ks, bool bf16, int m, int n, int k, int threads, double seconds);

// Bytes per second that `threads` threads read of 256 MiB in the order of addresses, the best of some passes: the denominator
// of what a scan reads. Throws std::bad_alloc.
double measure_read(int threads);

}  // namespace accent
