#include "pool.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace accent {
namespace {

// A call is a chain of some hundred short jobs: a helper that slept between them would cost more than the jobs.
// About 50 microseconds of looking, then it sleeps.
constexpr int kSpins = 1500;

inline void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

Pool& Pool::shared() {
  static Pool* pool = new Pool((int)std::min(63u, std::max(1u, std::thread::hardware_concurrency()) - 1));
  return *pool;
}

Pool::Pool(int helpers) {
  helpers_.reserve((size_t)helpers);
  for (int i = 0; i < helpers; ++i) helpers_.emplace_back([this, i] { help(i + 1); });
  for (auto& t : helpers_) t.detach();
}

void Pool::run(int count, int threads, const std::function<void(int, int)>& task) {
  threads = std::min({threads, size(), count});
  if (threads <= 1) {
    for (int i = 0; i < count; ++i) task(i, 0);
    return;
  }
  task_ = &task;
  count_ = count;
  limit_ = threads;
  next_.store(0, std::memory_order_relaxed);
  const uint64_t job = issued_.load(std::memory_order_relaxed) + 1;
  open_.store(job, std::memory_order_seq_cst);
  {
    // Under the lock: a helper that is about to sleep either sees the new number or is counted as asleep.
    std::lock_guard<std::mutex> lock(sleep_);
    issued_.store(job, std::memory_order_seq_cst);
    if (asleep_ > 0) wake_.notify_all();
  }
  work(0);
  // Closed before `inside_` is read: a helper that enters later finds nothing to do.
  open_.store(0, std::memory_order_seq_cst);
  for (int spins = 0; inside_.load(std::memory_order_seq_cst) > 0; ++spins) {
    if (spins < kSpins) {
      relax();
    } else {
      std::this_thread::yield();
    }
  }
}

void Pool::work(int worker) {
  for (int i = next_.fetch_add(1, std::memory_order_relaxed); i < count_;
       i = next_.fetch_add(1, std::memory_order_relaxed))
    (*task_)(i, worker);
}

void Pool::help(int worker) {
  uint64_t seen = 0;
  for (;;) {
    int spins = 0;
    while (issued_.load(std::memory_order_acquire) == seen) {
      if (++spins < kSpins) {
        relax();
        continue;
      }
      std::unique_lock<std::mutex> lock(sleep_);
      ++asleep_;
      wake_.wait(lock, [&] { return issued_.load(std::memory_order_relaxed) != seen; });
      --asleep_;
    }
    seen = issued_.load(std::memory_order_acquire);
    inside_.fetch_add(1, std::memory_order_seq_cst);
    if (open_.load(std::memory_order_seq_cst) != 0 && worker < limit_) work(worker);
    inside_.fetch_sub(1, std::memory_order_seq_cst);
  }
}

}  // namespace accent
