// CRC-32 by carry-less products, 64 bytes a turn: Gopal et al., "Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ" (Intel, 2009), in its bit-reflected form. Follows the rules of kernels.h.
#include <immintrin.h>

#include "checksum.h"

namespace accent {
namespace {

// a times x^n and x^(n + 64) for its two halves, with the constants of n in k, added to b.
inline __m128i fold(__m128i a, __m128i k, __m128i b) {
  const __m128i low = _mm_clmulepi64_si128(a, k, 0x00), high = _mm_clmulepi64_si128(a, k, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), b);
}
inline __m128i at(const uint8_t* p) { return _mm_loadu_si128((const __m128i*)p); }

}  // namespace

size_t fold_clmul(const uint8_t* bytes, size_t count, uint32_t crc, uint8_t rest[16]) {
  const __m128i by64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);  // 512 bits on
  const __m128i by16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);  // 128 bits on
  __m128i a = _mm_xor_si128(at(bytes), _mm_cvtsi32_si128((int)crc));
  __m128i b = at(bytes + 16), c = at(bytes + 32), d = at(bytes + 48);
  size_t done = 64;
  for (; done + 64 <= count; done += 64) {
    a = fold(a, by64, at(bytes + done));
    b = fold(b, by64, at(bytes + done + 16));
    c = fold(c, by64, at(bytes + done + 32));
    d = fold(d, by64, at(bytes + done + 48));
  }
  _mm_storeu_si128((__m128i*)rest, fold(fold(fold(a, by16, b), by16, c), by16, d));
  return done;
}

}  // namespace accent
