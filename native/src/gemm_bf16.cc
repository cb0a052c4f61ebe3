// AVX512-BF16: the AVX-512 loops, and products of bf16 pairs summed in f32 (VDPBF16PS).
#include "gemm_avx512.inl"

namespace accent {
namespace {

inline __m512bh bits(__m512i x) { return (__m512bh)x; }

template <int MR>
void tile_bf16(ptrdiff_t kc2, const uint16_t* a, ptrdiff_t lda, const uint16_t* b, const float* ahead,
               const float* init, ptrdiff_t ldi, float* c, ptrdiff_t ldc) {
  V acc[MR][kNV];
  const ptrdiff_t line = ahead ? kLine : 0;
  if (!ahead) ahead = (const float*)b;
#pragma GCC unroll 16
  for (int r = 0; r < MR; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kNV; ++v) acc[r][v] = init ? load(init + r * ldi + v * kW) : set1(0.0f);
  const int32_t* base[(MR + 2) / 3];
  const ptrdiff_t pairs = lda / 2;
#pragma GCC unroll 8
  for (int g = 0; g < (MR + 2) / 3; ++g) base[g] = (const int32_t*)a + 3 * g * pairs;
#pragma GCC unroll 4
  for (ptrdiff_t k = 0; k < kc2; ++k) {
    __m512i bv[kNV];
#pragma GCC unroll 4
    for (int v = 0; v < kNV; ++v) bv[v] = _mm512_loadu_si512(b + v * 2 * kW);
    b += 2 * kNR;
    __builtin_prefetch(ahead, 0, 2);
    ahead += line;
#pragma GCC unroll 16
    for (int r = 0; r < MR; ++r) {
      const __m512i av = _mm512_set1_epi32(base[r / 3][(r % 3) * pairs]);
#pragma GCC unroll 4
      for (int v = 0; v < kNV; ++v) acc[r][v] = _mm512_dpbf16_ps(acc[r][v], bits(av), bits(bv[v]));
    }
#pragma GCC unroll 8
    for (int g = 0; g < (MR + 2) / 3; ++g) ++base[g];
  }
#pragma GCC unroll 16
  for (int r = 0; r < MR; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kNV; ++v) store(c + r * ldc + v * kW, acc[r][v]);
}

template <int MR>
void fill_bf16(TileBf16* table) {
  table[MR - 1] = tile_bf16<MR>;
  if constexpr (MR > 1) fill_bf16<MR - 1>(table);
}

void to_bf16(const float* x, int n, uint16_t* y) {
  int i = 0;
  for (; i + kW <= n; i += kW) _mm256_storeu_si256((__m256i*)(y + i), (__m256i)_mm512_cvtneps_pbh(load(x + i)));
  for (; i < n; ++i) y[i] = bf16_scalar(x[i]);
}

int64_t peak_bf16(int64_t steps, float* sink) {
  constexpr int kChains = 12;
  V acc[kChains];
#pragma GCC unroll 16
  for (int i = 0; i < kChains; ++i) acc[i] = set1((float)i);
  const __m512bh a = bits(_mm512_set1_epi32(*(const int32_t*)sink));
  for (int64_t s = 0; s < steps; ++s) {
#pragma GCC unroll 16
    for (int i = 0; i < kChains; ++i) acc[i] = _mm512_dpbf16_ps(acc[i], a, a);
  }
  V t = acc[0];
#pragma GCC unroll 16
  for (int i = 1; i < kChains; ++i) t = add(t, acc[i]);
  sink[2] = sum(t);
  return (int64_t)4 * kW * kChains;
}

}  // namespace

const Kernels& bf16_kernels() {
  static const Kernels k = [] {
    Kernels t = make_kernels("avx512-bf16");
    t.kc = 768;
    fill_bf16<kMR>(t.tile_bf16);
    t.to_bf16 = to_bf16;
    t.peak_bf16 = peak_bf16;
    return t;
  }();
  return k;
}

}  // namespace accent
