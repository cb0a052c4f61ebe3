// The lab: change one loop, check it against the reference, time it, in a minute.
//   lab check [count] [seed]          random small encoders: reference against central differences in f64, every path
//                                     against the reference, bits for 1 and N threads and with checkpointing; random rows
//                                     through the vector scan, every path against sums one by one
//   lab gemm [path] [threads]         products of the encoders' shapes, as a percentage of the measured peak
//   lab vit [path] [model] [threads]  forward and VJP of b32, b16, l14, l14-336 or pack
// One thread is timed by its own processor time, so that other programs on the machine disturb little.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "cpu.h"
#include "measure.h"
#include "models.h"

using namespace accent;

namespace {

double seconds(int threads) {
  timespec t;
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

std::shared_ptr<Encoder> load(const Weights& w, const LoadOptions& o) {
  std::shared_ptr<Encoder> e;
  if (Failure f = Encoder::load(as_file(w), o, &e)) {
    std::fprintf(stderr, "load: %s\n", f.message.c_str());
    std::exit(1);
  }
  return e;
}

void must(const Failure& f) {
  if (!f) return;
  std::fprintf(stderr, "%s: %s\n", f.code, f.message.c_str());
  std::exit(1);
}

template <class A, class B>
double relative(const A& a, const B& b) {
  double most = 0, top = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    most = std::max(most, std::fabs((double)a[i] - (double)b[i]));
    top = std::max(top, std::fabs((double)b[i]));
  }
  return most / top;
}

Config random_config(Random& r) {
  Config c;
  c.patch = 2 + r.below(5);
  c.size = c.patch * (1 + r.below(6));
  c.heads = 1 + r.below(4);
  c.width = c.heads * (4 + r.below(24));
  c.mlp = 8 + r.below(150);
  c.layers = 1 + r.below(3);
  c.project = r.below(3) > 0;
  c.dims = c.project ? 4 + r.below(50) : c.width;
  c.act = r.below(2) ? Activation::kGelu : Activation::kQuickGelu;
  return c;
}

int check(int count, uint64_t seed) {
  Random r{seed};
  double worst_difference = 0, worst_forward = 0, worst_gradient = 0;
  int failures = 0;
  const int most_threads = Pool::shared().size();
  std::string paths;
  for (const Kernels* ks : usable_kernels()) paths += std::string(" ") + ks->name;
  std::printf("paths:%s\n", paths.c_str());
  for (int i = 0; i < count; ++i) {
    failures += check_scan(r);
    const Config c = random_config(r);
    const Weights w = random_weights(c, r.next());
    const size_t pixels = (size_t)3 * c.size * c.size, dims = (size_t)c.dims;
    const int n = 1 + r.below(3);
    const std::vector<float> images = r.floats(pixels * (size_t)n, 2), cot = r.floats(dims * (size_t)n, 1);

    // The reference's gradient along a random direction, against its own forward in f64.
    std::vector<double> x(images.begin(), images.begin() + (ptrdiff_t)pixels), e(dims), g(pixels);
    const std::vector<double> ct(cot.begin(), cot.begin() + (ptrdiff_t)dims);
    reference_vjp(w, x.data(), 1, ct.data(), e.data(), g.data());
    std::vector<double> dir(pixels);
    double expected = 0;
    for (size_t j = 0; j < pixels; ++j) {
      dir[j] = r.unit() + (g[j] > 0 ? 1 : -1);  // leaning to the gradient, so that the sum does not cancel
      expected += dir[j] * g[j];
    }
    // Fourth order, so that what is left is far below the bound.
    const double h = 2e-4;
    double found = 0;
    const std::pair<double, double> points[] = {{h, 8}, {-h, -8}, {2 * h, -1}, {-2 * h, 1}};
    for (const auto& [step, weight] : points) {
      std::vector<double> moved = x;
      for (size_t j = 0; j < pixels; ++j) moved[j] += step * dir[j];
      reference_embed(w, moved.data(), e.data());
      for (size_t j = 0; j < dims; ++j) found += weight * e[j] * ct[j] / (12 * h);
    }
    const double difference = std::fabs(found - expected) / std::fabs(expected);
    worst_difference = std::max(worst_difference, difference);
    if (!(difference < 1e-6)) ++failures, std::printf("central difference: shape %d off by %.2e\n", i, difference);

    LoadOptions o;
    o.path = "reference";
    std::vector<float> re(dims * (size_t)n), rg(pixels * (size_t)n);
    const Images view{images.data(), n, c.size, c.size};
    must(load(w, o)->vjp(view, n, cot.data(), nullptr, re.data(), rg.data()));
    for (const Kernels* ks : usable_kernels()) {
      o = {};
      o.path = ks->name;
      o.threads = 1;
      std::vector<float> fe(re.size()), fg(rg.size()), te(re.size()), tg(rg.size());
      must(load(w, o)->vjp(view, n, cot.data(), nullptr, fe.data(), fg.data()));
      const double forward = relative(fe, re), gradient = relative(fg, rg);
      worst_forward = std::max(worst_forward, forward);
      worst_gradient = std::max(worst_gradient, gradient);
      if (!(forward < 2e-5) || !(gradient < 1e-4))
        ++failures, std::printf("%s: shape %d forward %.2e gradient %.2e\n", ks->name, i, forward, gradient);
      o.threads = most_threads;
      o.checkpoint = true;
      must(load(w, o)->vjp(view, n, cot.data(), nullptr, te.data(), tg.data()));
      if (te != fe || tg != fg) ++failures, std::printf("%s: shape %d bits differ with %d threads and checkpoints\n", ks->name, i, most_threads);
    }
  }
  std::printf("%d shapes, %d failures; worst: central difference %.1e, forward %.1e, gradient %.1e\n", count, failures,
              worst_difference, worst_forward, worst_gradient);
  return failures > 0;
}

const Kernels& kernels(const char* name) {
  const Kernels* ks = find_kernels(name);
  if (!ks) {
    std::fprintf(stderr, "no path \"%s\" on this processor\n", name);
    std::exit(1);
  }
  return *ks;
}

void time_gemm(const Kernels& ks, int threads) {
  const bool bf16 = ks.tile_bf16[0] != nullptr;
  const double peak = measure_peak(ks, bf16, threads, 0.3);
  std::printf("%s, %d threads, peak %.1f GFLOP/s\n", ks.name, threads, peak / 1e9);
  const int shapes[][3] = {{65, 192, 192},   {65, 768, 192},    {65, 192, 768},    {50, 768, 768},    {50, 3072, 768},
                           {50, 768, 3072},  {197, 768, 768},   {197, 3072, 768},  {197, 768, 3072},  {577, 1024, 1024},
                           {577, 4096, 1024}, {577, 1024, 4096}};
  for (const auto& s : shapes) {
    const int m = s[0], n = s[1], k = s[2];
    Random r{7};
    const std::vector<float> w = r.floats((size_t)n * k, 0.1);
    const Packed b = pack_transposed(ks, bf16, w.data(), n, k);
    const ptrdiff_t lda = row_stride(k), ldc = row_stride(n);
    Buffer a((size_t)m * lda), c((size_t)m * ldc), half((size_t)m * (size_t)(padded(k) + 32));
    for (size_t i = 0; i < a.floats(); ++i) a.get()[i] = w[i % w.size()];
    Run run{&ks, threads, nullptr};
    run.bf16_a = half.half();
    double best = 1e9, total = 0;
    int times = 0;
    while (total < 0.4 || times < 3) {
      const double start = seconds(threads);
      gemm(run, m, a.get(), lda, b, {c.get(), ldc});
      const double took = seconds(threads) - start;
      best = std::min(best, took);
      total += took;
      ++times;
    }
    const double flop = 2.0 * m * n * k;
    std::printf("  %4d x %4d x %4d  best %5.1f %%  mean %5.1f %%\n", m, n, k, 100 * flop / best / peak, 100 * flop * times / total / peak);
  }
}

Config model(const std::string& name) {
  Config c;
  const bool large = name.rfind("l14", 0) == 0;
  c.size = name == "l14-336" ? 336 : 224;
  c.patch = name == "b32" ? 32 : name == "b16" ? 16 : 14;
  c.width = large ? 1024 : 768;
  c.layers = large ? 24 : 12;
  c.dims = large ? 768 : 512;
  if (name == "pack") c.size = 64, c.patch = 8, c.width = 192, c.layers = 5, c.dims = 192;
  c.heads = c.width / 64;
  c.mlp = 4 * c.width;
  c.project = true;
  return c;
}

void time_vit(const Kernels& ks, const std::string& name, int threads) {
  const Config c = model(name);
  const bool bf16 = ks.tile_bf16[0] != nullptr;
  LoadOptions o;
  o.path = ks.name;
  o.bf16 = bf16;
  o.threads = threads;
  const auto e = load(random_weights(c, 3), o);
  Random r{5};
  const std::vector<float> image = r.floats((size_t)3 * c.size * c.size, 1), cot = r.floats((size_t)c.dims, 1);
  std::vector<float> out((size_t)c.dims), g(image.size());
  const Images view{image.data(), 1, c.size, c.size};
  const double peak = measure_peak(ks, bf16, threads, 0.3);
  const double n = c.tokens(), d = c.width, patch = 2 * (n - 1) * c.patch_numbers() * d;
  const double linear = 24 * (c.layers - 1) * n * d * d + 4 * n * d * d + 20 * d * d, attention = 4 * (c.layers - 1) * n * n * d;
  const double forward = patch + linear + attention, whole = 2 * (patch + linear) + 3 * attention;
  double best[2] = {1e9, 1e9};
  for (int round = 0; round < (name == "pack" ? 60 : 6); ++round)
    for (int which = 0; which < 2; ++which) {
      const double start = seconds(threads);
      if (which == 0) must(e->embed(view, nullptr, out.data()));
      if (which == 1) must(e->vjp(view, 1, cot.data(), nullptr, out.data(), g.data()));
      best[which] = std::min(best[which], seconds(threads) - start);
    }
  std::printf("%s %s, %d threads: forward %.1f ms = %.1f %% of peak, vjp %.1f ms = %.1f %%, ratio %.2f, scratch %.1f MiB\n",
              ks.name, name.c_str(), threads, best[0] * 1e3, 100 * forward / best[0] / peak, best[1] * 1e3,
              100 * whole / best[1] / peak, best[1] / best[0], (double)e->info().scratch_bytes / 1048576);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const char* path = argc > 2 ? argv[2] : usable_kernels().front()->name;
  if (what == "check") return check(argc > 2 ? std::atoi(argv[2]) : 200, argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  if (what == "gemm") return time_gemm(kernels(path), argc > 3 ? std::atoi(argv[3]) : 1), 0;
  if (what == "vit") return time_vit(kernels(path), argc > 3 ? argv[3] : "b32", argc > 4 ? std::atoi(argv[4]) : 1), 0;
  std::fprintf(stderr, "lab check [count] [seed] | gemm [path] [threads] | vit [path] [model] [threads]\n");
  return 2;
}
