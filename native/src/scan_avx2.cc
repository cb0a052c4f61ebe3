// AVX2: 16 codes a turn, widened to 16 bits, multiplied and added in pairs (vpmaddwd). No product saturates: a pair of
// them is at most 2 * 32768 * 128.
#include <immintrin.h>

#include "scan_path.h"

namespace accent {
namespace {

inline int32_t total(__m256i x) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
  return _mm_cvtsi128_si32(s);
}

// The scan waits for memory. Four rows beside each other are four streams, `width` apart, which the processor's own prefetch
// follows badly (docs/decisions/0022): so each turn also asks for one line of what is read after these rows, in the order of
// addresses. 2 KiB ahead was the best of 2 to 8; what lies behind the last row is only asked for, never read.
constexpr int kAhead = 2048;
constexpr int kRows = 4, kTurn = 16;
static_assert(kRows * kTurn == 64, "a turn takes as many bytes as a line has");

// R rows beside each other, so that each part of the query is loaded once for all of them.
template <int R>
inline void rows_of(const int16_t* query, const int8_t* codes, int width, int32_t* out) {
  __m256i sum[R];
  for (int r = 0; r < R; ++r) sum[r] = _mm256_setzero_si256();
  for (int d = 0; d < width; d += kTurn) {
    _mm_prefetch((const char*)codes + kAhead + R * d, _MM_HINT_T0);
    const __m256i q = _mm256_loadu_si256((const __m256i*)(query + d));
    for (int r = 0; r < R; ++r) {
      const __m256i c = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i*)(codes + r * width + d)));
      sum[r] = _mm256_add_epi32(sum[r], _mm256_madd_epi16(c, q));
    }
  }
  for (int r = 0; r < R; ++r) out[r] = total(sum[r]);
}

void dots(const int16_t* query, const int8_t* codes, int width, int rows, int32_t* out) {
  int r = 0;
  for (; r + kRows <= rows; r += kRows) rows_of<kRows>(query, codes + (int64_t)r * width, width, out + r);
  for (; r < rows; ++r) rows_of<1>(query, codes + (int64_t)r * width, width, out + r);
}

}  // namespace

const ScanPath& avx2_scan() {
  static const ScanPath path = {"avx2", dots};
  return path;
}

}  // namespace accent
