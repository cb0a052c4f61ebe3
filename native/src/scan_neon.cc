// NEON of AArch64: 16 codes a turn, widened to 16 bits and added to 32 one by one (smlal).
#include <arm_neon.h>

#include "scan_path.h"

namespace accent {
namespace {

// R rows beside each other, so that each part of the query is loaded once for all of them.
template <int R>
inline void rows_of(const int16_t* query, const int8_t* codes, int width, int32_t* out) {
  int32x4_t low[R], high[R];
  for (int r = 0; r < R; ++r) low[r] = high[r] = vdupq_n_s32(0);
  for (int d = 0; d < width; d += 16) {
    const int16x8_t q0 = vld1q_s16(query + d), q1 = vld1q_s16(query + d + 8);
    for (int r = 0; r < R; ++r) {
      const int8x16_t c = vld1q_s8(codes + r * width + d);
      const int16x8_t c0 = vmovl_s8(vget_low_s8(c)), c1 = vmovl_high_s8(c);
      low[r] = vmlal_s16(low[r], vget_low_s16(c0), vget_low_s16(q0));
      high[r] = vmlal_high_s16(high[r], c0, q0);
      low[r] = vmlal_s16(low[r], vget_low_s16(c1), vget_low_s16(q1));
      high[r] = vmlal_high_s16(high[r], c1, q1);
    }
  }
  for (int r = 0; r < R; ++r) out[r] = vaddvq_s32(vaddq_s32(low[r], high[r]));
}

void dots(const int16_t* query, const int8_t* codes, int width, int rows, int32_t* out) {
  int r = 0;
  for (; r + 4 <= rows; r += 4) rows_of<4>(query, codes + (int64_t)r * width, width, out + r);
  for (; r < rows; ++r) rows_of<1>(query, codes + (int64_t)r * width, width, out + r);
}

}  // namespace

const ScanPath& neon_scan() {
  static const ScanPath path = {"neon", dots};
  return path;
}

}  // namespace accent
