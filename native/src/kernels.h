// The table of inner loops that an instruction set fills in. The driver (gemm.cc, attention.cc, vit_fast.cc) knows
// only this table. Files that implement it are compiled for their instruction set and may be entered only after the
// probe in cpu.cc has seen it; they include no C++ library header, because an inline function instantiated there
// could be picked by the linker for the whole program.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace accent {

// The end of a product, applied to a finished tile while it is in the first-level cache.
enum class Finish : int {
  kNone,           // c
  kBias,           // c + bias
  kQuickGelu,      // act(c + bias), c + bias kept in `pre` if given
  kGelu,           //
  kQuickGeluGrad,  // c * act'(pre)
  kGeluGrad,       //
};

struct FinishArgs {
  Finish kind;
  const float* bias;  // at the tile's first column, padded to the tile's width; null for none
  float* pre;         // row 0, at the tile's first column; null: not kept
  ptrdiff_t ldp;      // floats between rows of `pre`
  int row;            // the tile's first row
  int period;         // row r of c belongs to row r % period of `pre` (several cotangents over one forward)
};

// c[rows, nr] = init[rows, nr] (or zeros) + a[rows, kc] b[kc, nr]. Strides in elements. One multiply-add per element
// and step of k, in order: bits do not depend on how the rows are cut into tiles. `ahead`, if not null: kc cache lines
// from there are brought into the second-level cache meanwhile.
using Tile = void (*)(ptrdiff_t kc, const float* a, ptrdiff_t lda, const float* b, ptrdiff_t ldb, const float* ahead,
                      const float* init, ptrdiff_t ldi, float* c, ptrdiff_t ldc);
// The same with a and b in bf16, two steps of k beside each other: a[rows, 2 kc2], b[kc2, nr, 2].
using TileBf16 = void (*)(ptrdiff_t kc2, const uint16_t* a, ptrdiff_t lda, const uint16_t* b,
                          const float* ahead, const float* init, ptrdiff_t ldi, float* c, ptrdiff_t ldc);

constexpr int kMaxRows = 14;
constexpr int kLine = 16;  // floats of a cache line

struct Kernels {
  const char* name;
  int mr;                        // rows of the largest tile
  int nr;                        // columns of a tile
  int kc;                        // steps of k between two visits of c
  Tile tile[kMaxRows];           // by rows - 1; a row after row
  Tile tile_t[kMaxRows];         // a given transposed: element (row, k) at a[k * lda + row]
  TileBf16 tile_bf16[kMaxRows];  // null where the instruction set has no bf16 dot product
  void (*finish)(const FinishArgs& f, int rows, float* c, ptrdiff_t ldc);
  // y = (x - mean) / sqrt(var + eps) * w + b over n numbers.
  void (*layer_norm)(const float* x, const float* w, const float* b, int n, float eps, float* y);
  // dx += the VJP of layer_norm at x for the cotangent dy.
  void (*layer_norm_vjp)(const float* x, const float* w, int n, float eps, const float* dy, float* dx);
  // row[0, n) = softmax(row[0, n)), row[n, padded) = 0; padded is a multiple of nr.
  void (*softmax)(float* row, int n, int padded);
  // dp = p * (dp - sum(p dp)): the VJP of softmax.
  void (*softmax_vjp)(const float* p, float* dp, int padded);
  // Round to nearest even.
  void (*to_bf16)(const float* x, int n, uint16_t* y);
  // Runs `steps` times a block of independent multiply-adds; returns how many floating point operations a block has.
  int64_t (*peak)(int64_t steps, float* sink);
  int64_t (*peak_bf16)(int64_t steps, float* sink);
};

#if defined(__x86_64__)
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();
const Kernels& bf16_kernels();
#elif defined(__aarch64__)
const Kernels& neon_kernels();
#endif

}  // namespace accent
