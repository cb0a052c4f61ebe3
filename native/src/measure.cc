#include "measure.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>

#include "gemm.h"

namespace accent {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

double measure_peak(const Kernels& ks, bool bf16, int threads, double seconds) {
  std::lock_guard<std::mutex> lock(Pool::shared().driver());
  threads = std::clamp(threads, 1, Pool::shared().size());
  const int64_t steps = 200000;
  double best = 0;
  const double end = now() + seconds;
  do {
    int64_t block = 0;
    const double start = now();
    Pool::shared().run(threads, threads, [&](int i, int) {
      float sink[16] = {0.999f, 0.001f};
      const int64_t ops = (bf16 ? ks.peak_bf16 : ks.peak)(steps, sink);
      if (i == 0) block = ops;
    });
    best = std::max(best, (double)block * (double)steps * threads / (now() - start));
  } while (now() < end);
  return best;
}

double measure_gemm(const Kernels& ks, bool bf16, int m, int n, int k, int threads, double seconds) {
  std::lock_guard<std::mutex> lock(Pool::shared().driver());
  std::vector<float> w((size_t)n * k);
  uint32_t state = 1;
  for (float& v : w) v = (float)((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-24f - 0.5f;
  const Packed b = pack_transposed(ks, bf16, w.data(), n, k);
  const ptrdiff_t lda = row_stride(k), ldc = row_stride(n);
  Buffer a((size_t)m * lda), c((size_t)m * ldc), half(bf16 ? (size_t)m * (size_t)(padded(k) + 32) : 1);
  for (size_t i = 0; i < a.floats(); ++i) a.get()[i] = w[i % w.size()];
  std::fill(c.get(), c.get() + c.floats(), 0.0f);
  Run run{&ks, threads, nullptr};
  run.bf16_a = half.half();
  gemm(run, m, a.get(), lda, b, {c.get(), ldc});
  double best = 0;
  const double end = now() + seconds;
  do {
    const double start = now();
    gemm(run, m, a.get(), lda, b, {c.get(), ldc});
    best = std::max(best, 2.0 * m * n * k / (now() - start));
  } while (now() < end);
  return best;
}

double measure_read(int threads) {
  // 16 bytes a load on every processor: fewer loads wait for more lines at once than single words do.
  typedef uint64_t Word __attribute__((vector_size(16)));
  constexpr size_t kWords = ((size_t)256 << 20) / sizeof(Word);
  const std::unique_ptr<Word[]> memory(new Word[kWords]);
  std::fill(memory.get(), memory.get() + kWords, Word{1, 2});
  std::lock_guard<std::mutex> lock(Pool::shared().driver());
  threads = std::clamp(threads, 1, Pool::shared().size());
  // Stretches as large as a scan's blocks, shared out in the same way.
  constexpr size_t kStretch = ((size_t)2 << 20) / sizeof(Word);
  std::atomic<uint64_t> sum{0};
  double best = 0;
  for (int pass = 0; pass < 12; ++pass) {
    const double start = now();
    Pool::shared().run((int)(kWords / kStretch), threads, [&](int i, int) {
      const Word* from = memory.get() + (size_t)i * kStretch;
      Word a = {}, b = {}, c = {}, d = {};
      for (size_t w = 0; w < kStretch; w += 4) {
        a ^= from[w];
        b ^= from[w + 1];
        c ^= from[w + 2];
        d ^= from[w + 3];
      }
      a ^= b ^ c ^ d;
      sum.fetch_add(a[0] + a[1], std::memory_order_relaxed);  // so that it is not left out
    });
    best = std::max(best, (double)(kWords * sizeof(Word)) / (now() - start));
  }
  return best;
}

}  // namespace accent
