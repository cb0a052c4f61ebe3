// Products with packed weights. A weight matrix is read as it lies in memory once, at load, and is kept in panels of
// nr columns: panel p holds b[k][p nr .. p nr + nr) for all k, zeros beyond the last column. Activations are not
// packed: their rows are an odd number of cache lines apart (`row_stride`), so a tile's rows never share cache sets.
#pragma once
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "kernels.h"
#include "pool.h"

namespace accent {

// Memory on cache-line boundaries, on huge pages where the system grants them.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t floats);  // throws std::bad_alloc; contents undefined
  float* get() const { return data_.get(); }
  uint16_t* half() const { return reinterpret_cast<uint16_t*>(data_.get()); }
  size_t floats() const { return floats_; }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float, Free> data_;
  size_t floats_ = 0;
};

constexpr int kPad = 32;  // every row may be written up to a multiple of this

inline int padded(int n) { return (n + kPad - 1) / kPad * kPad; }

// Floats between rows of an activation of n columns: whole tiles fit, and an odd number of cache lines.
inline int row_stride(int n) { return padded(n) + 16; }

struct Packed {
  Buffer data;
  int k = 0, n = 0;
  bool bf16 = false;
};

// For y = x w^T with w [n, k] row-major (a linear layer's own layout): b = w^T.
Packed pack_transposed(const Kernels& ks, bool bf16, const float* w, int n, int k);
// For dx = dy w with w [k, n] row-major: b = w.
Packed pack_plain(const Kernels& ks, bool bf16, const float* w, int k, int n);

// Where a call runs: its table of loops, its threads, and per-thread scratch.
struct Run {
  const Kernels* ks;
  int threads;
  const std::atomic<bool>* cancelled;
  uint16_t* bf16_a = nullptr;  // room for the activations of one product in bf16, or null
  float* local = nullptr;      // attention scratch, `local_floats` a thread
  size_t local_floats = 0;

  bool stop() const { return cancelled && cancelled->load(std::memory_order_relaxed); }
};

struct Output {
  float* c;
  ptrdiff_t ldc;
  const float* init = nullptr;  // added; may be c itself
  ptrdiff_t ldi = 0;
  Finish finish = Finish::kNone;
  const float* bias = nullptr;  // padded to whole tiles
  float* pre = nullptr;
  ptrdiff_t ldp = 0;
  int period = 1 << 30;
};

// c[m, n] = finish(init + a[m, k] b). Threads share out blocks of rows and panels, never k: same bits for any number.
void gemm(const Run& run, int m, const float* a, ptrdiff_t lda, const Packed& b, const Output& out);

// The same for one thread and an unpacked b[k, n] with rows of ldb floats, n a multiple of nr. Used inside attention.
// transposed: a is given as [k, m]. Panels: b lies in panels of nr columns, each [k, nr].
struct Local {
  const float* a;
  ptrdiff_t lda;
  bool transposed;
  const float* b;
  ptrdiff_t ldb;
  bool panels;
};
void gemm_local(const Kernels& ks, int m, int n, int k, const Local& in, const float* init, ptrdiff_t ldi, float* c,
                ptrdiff_t ldc);

}  // namespace accent
