#include "measure.h"

#include <algorithm>
#include <chrono>

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

}  // namespace accent
