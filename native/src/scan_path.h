// The inner loop of the vector scan, one for each instruction set; cpu.cc lists those that this machine can run. Files
// that implement it follow the rules of kernels.h: entered only after the probe, no C++ library header.
#pragma once
#include <stdint.h>

namespace accent {

// out[r] = sum over d < width of query[d] * codes[r * width + d], for r < rows, modulo 2^32. `width` is a multiple of 16.
// Whole numbers: every path gives the same bits in whatever order it adds.
using Dots = void (*)(const int16_t* query, const int8_t* codes, int width, int rows, int32_t* out);

struct ScanPath {
  const char* name;
  Dots dots;
};

const ScanPath& reference_scan();
#if defined(__x86_64__)
const ScanPath& avx2_scan();
const ScanPath& vnni_scan();
#elif defined(__aarch64__)
const ScanPath& neon_scan();
#endif

}  // namespace accent
