// The scan's inner loop as it is meant: what the other paths must equal bit for bit.
#include "scan_path.h"

namespace accent {
namespace {

void dots(const int16_t* query, const int8_t* codes, int width, int rows, int32_t* out) {
  for (int r = 0; r < rows; ++r, codes += width) {
    uint32_t sum = 0;  // unsigned: it may wrap, as vector additions do
    for (int d = 0; d < width; ++d) sum += (uint32_t)(query[d] * codes[d]);
    out[r] = (int32_t)sum;
  }
}

}  // namespace

const ScanPath& reference_scan() {
  static const ScanPath path = {"reference", dots};
  return path;
}

}  // namespace accent
