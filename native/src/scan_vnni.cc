// AVX-512 with VNNI: 32 codes a turn, widened to 16 bits and added in pairs to 32 (vpdpwssd, which does not saturate).
#include <immintrin.h>

#include "scan_path.h"

namespace accent {
namespace {

// R rows beside each other, so that each part of the query is loaded once for all of them.
template <int R>
inline void rows_of(const int16_t* query, const int8_t* codes, int width, int32_t* out) {
  __m512i sum[R];
  for (int r = 0; r < R; ++r) sum[r] = _mm512_setzero_si512();
  int d = 0;
  for (; d + 32 <= width; d += 32) {
    const __m512i q = _mm512_loadu_si512(query + d);
    for (int r = 0; r < R; ++r) {
      const __m512i c = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i*)(codes + r * width + d)));
      sum[r] = _mm512_dpwssd_epi32(sum[r], c, q);
    }
  }
  if (d < width) {
    const __m256i q = _mm256_loadu_si256((const __m256i*)(query + d));
    for (int r = 0; r < R; ++r) {
      const __m256i c = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(codes + r * width + d)));
      sum[r] = _mm512_add_epi32(sum[r], _mm512_zextsi256_si512(_mm256_madd_epi16(c, q)));
    }
  }
  for (int r = 0; r < R; ++r) out[r] = _mm512_reduce_add_epi32(sum[r]);
}

void dots(const int16_t* query, const int8_t* codes, int width, int rows, int32_t* out) {
  int r = 0;
  for (; r + 4 <= rows; r += 4) rows_of<4>(query, codes + (int64_t)r * width, width, out + r);
  for (; r < rows; ++r) rows_of<1>(query, codes + (int64_t)r * width, width, out + r);
}

}  // namespace

const ScanPath& vnni_scan() {
  static const ScanPath path = {"avx512-vnni", dots};
  return path;
}

}  // namespace accent
