#include "scan.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <mutex>
#include <new>

#include "pool.h"

namespace accent {
namespace {

// Rows whose products are made before their bounds are looked at: they stay in the first-level cache.
constexpr int kStretch = 256;
// Candidates of a thread before those that have fallen behind are taken out.
constexpr size_t kTidy = 1 << 14;

// One thread's share: the k largest lower bounds so far as a heap with the smallest in front, and the rows that reach it.
struct alignas(64) Share {
  std::vector<double> best;
  std::vector<Candidate> rows;
  size_t tidy_at = kTidy;
  Failure failure;

  double worst(size_t k) const { return best.size() < k ? -std::numeric_limits<double>::infinity() : best.front(); }

  void offer(double lower, size_t k) {
    if (best.size() < k) {
      best.push_back(lower);
      std::push_heap(best.begin(), best.end(), std::greater<>());
    } else if (lower > best.front()) {
      std::pop_heap(best.begin(), best.end(), std::greater<>());
      best.back() = lower;
      std::push_heap(best.begin(), best.end(), std::greater<>());
    }
  }

  void tidy(double least) {
    rows.erase(std::remove_if(rows.begin(), rows.end(), [&](const Candidate& c) { return !(c.upper >= least); }), rows.end());
  }
};

void scan_block(const ScanPath& path, const BlockView& view, uint64_t first, const ScanQuery& q, Share* share) {
  const Block& b = *view.block;
  const int width = (int)q.codes.size();
  const double widest = q.lost * q.widest, rounding = q.rounding * (1 + q.length);
  int32_t dots[kStretch];
  for (int from = 0; from < view.rows; from += kStretch) {
    const int rows = std::min(kStretch, view.rows - from);
    path.dots(q.codes.data(), b.codes() + (size_t)from * (size_t)width, width, rows, dots);
    double worst = share->worst(q.k);
    for (int i = 0; i < rows; ++i) {
      const double scale = (double)b.scales()[from + i];
      // In this order: scan-wasm.ts must get the same bits.
      const double guess = q.step * scale * (double)dots[i];
      const double slack = q.length * (double)b.losses()[from + i] + widest * scale + rounding;
      const double upper = guess + slack;
      if (!(upper >= worst)) continue;
      const uint64_t row = first + (uint64_t)(from + i);
      if (!q.left.empty() && q.left[row]) continue;
      share->rows.push_back({(uint32_t)row, upper});
      share->offer(guess - slack, q.k);
      worst = share->worst(q.k);
    }
    if (share->rows.size() > share->tidy_at) {
      share->tidy(worst);
      share->tidy_at = std::max(kTidy, 2 * share->rows.size());
    }
  }
}

}  // namespace

Failure scan(const ScanPath& path, int threads, const std::vector<BlockView>& blocks, const ScanQuery& q,
             std::vector<Candidate>* out) {
  out->clear();
  if (q.k == 0 || blocks.empty()) return {};
  std::vector<uint64_t> first;
  first.reserve(blocks.size());
  uint64_t rows = 0;
  for (const BlockView& b : blocks) {
    first.push_back(rows);
    rows += (uint64_t)b.rows;
  }
  std::vector<Share> shares((size_t)std::max(1, threads));
  std::atomic<bool> failed{false};
  {
    std::lock_guard<std::mutex> lock(Pool::shared().driver());
    Pool::shared().run((int)blocks.size(), threads, [&](int i, int worker) {
      Share& share = shares[(size_t)worker];
      if (failed.load(std::memory_order_relaxed)) return;
      // No exception may leave a thread of the pool.
      try {
        share.failure = blocks[(size_t)i].block->check();
        if (!share.failure) scan_block(path, blocks[(size_t)i], first[(size_t)i], q, &share);
      } catch (const std::bad_alloc&) {
        share.failure = {"out_of_memory", {}};
      }
      if (share.failure) failed = true;
    });
  }
  // The k-th largest lower bound of all is among the k largest of each thread.
  Share all;
  for (Share& s : shares) {
    if (s.failure) return s.failure.message.empty() ? fail(s.failure.code, "There is not enough memory for this search.") : s.failure;
    for (double lower : s.best) all.offer(lower, q.k);
  }
  const double least = all.worst(q.k);
  for (Share& s : shares) {
    s.tidy(least);
    out->insert(out->end(), s.rows.begin(), s.rows.end());
  }
  std::sort(out->begin(), out->end(),
            [](const Candidate& a, const Candidate& b) { return a.upper > b.upper || (a.upper == b.upper && a.row < b.row); });
  return {};
}

}  // namespace accent
