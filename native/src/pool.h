// One pool of threads for all encoders of the process. It is made at first use and never torn down: a worker
// thread's environment may end while another one computes.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace accent {

class Pool {
 public:
  static Pool& shared();

  // Threads that can work at once, the caller among them.
  int size() const { return (int)helpers_.size() + 1; }

  // Calls task(index, worker) for every index in [0, count), on at most `threads` threads, the caller among them;
  // worker < threads names the thread. Returns when all are done. One run at a time: hold `driver()` around a call
  // of the kernel.
  void run(int count, int threads, const std::function<void(int, int)>& task);

  std::mutex& driver() { return driver_; }

 private:
  explicit Pool(int helpers);
  void help(int worker);
  void work(int worker);

  std::vector<std::thread> helpers_;
  std::mutex driver_;
  // The current job: written while nobody is inside it, published by `open_`.
  const std::function<void(int, int)>* task_ = nullptr;
  int count_ = 0;
  int limit_ = 0;
  std::atomic<int> next_{0};
  std::atomic<uint64_t> open_{0};    // number of the open job; 0: none
  std::atomic<uint64_t> issued_{0};  // number of the last job
  std::atomic<int> inside_{0};       // helpers that may be looking at the job
  std::mutex sleep_;
  std::condition_variable wake_;
  int asleep_ = 0;  // under sleep_
};

}  // namespace accent
