// NEON of AArch64: tiles of 6 x 16, 24 accumulators of the 32 registers.
#include <arm_neon.h>

#include "kernels.h"

namespace accent {
namespace {

using V = float32x4_t;
constexpr int kW = 4, kNV = 4, kMR = 6;

inline V load(const float* p) { return vld1q_f32(p); }
inline void store(float* p, V x) { vst1q_f32(p, x); }
inline V set1(float x) { return vdupq_n_f32(x); }
inline V fma(V a, V b, V c) { return vfmaq_f32(c, a, b); }
inline V fnma(V a, V b, V c) { return vfmsq_f32(c, a, b); }
inline V add(V a, V b) { return vaddq_f32(a, b); }
inline V sub(V a, V b) { return vsubq_f32(a, b); }
inline V mul(V a, V b) { return vmulq_f32(a, b); }
inline V div(V a, V b) { return vdivq_f32(a, b); }
inline V vmax(V a, V b) { return vmaxq_f32(a, b); }
inline V vmin(V a, V b) { return vminq_f32(a, b); }
inline V vabs(V a) { return vabsq_f32(a); }
inline V select_neg(V x, V a, V b) { return vbslq_f32(vcltzq_f32(x), a, b); }
inline V round(V x) { return vrndnq_f32(x); }
inline V pow2(V n) {
  return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23));
}
inline float sum(V x) { return vaddvq_f32(x); }
inline float hmax(V x) { return vmaxvq_f32(x); }

#include "simd.inl"
#include "table.inl"

}  // namespace

const Kernels& neon_kernels() {
  static const Kernels k = make_kernels("neon");
  return k;
}

}  // namespace accent
