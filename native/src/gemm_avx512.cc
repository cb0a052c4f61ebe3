// AVX-512 (F, DQ, BW, VL): tiles of 14 x 32, 28 accumulators of the 32 registers.
#include "gemm_avx512.inl"

namespace accent {

const Kernels& avx512_kernels() {
  static const Kernels k = make_kernels("avx512");
  return k;
}

}  // namespace accent
