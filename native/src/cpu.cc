#include "cpu.h"

#include <cstring>

namespace accent {

std::vector<const Kernels*> usable_kernels() {
  std::vector<const Kernels*> found;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (avx512) found.push_back(&avx512_kernels());
  if (avx2) found.push_back(&avx2_kernels());
  if (avx512 && __builtin_cpu_supports("avx512bf16")) found.push_back(&bf16_kernels());
#elif defined(__aarch64__)
  found.push_back(&neon_kernels());
#endif
  return found;
}

const Kernels* find_kernels(const char* name) {
  for (const Kernels* k : usable_kernels())
    if (std::strcmp(k->name, name) == 0) return k;
  return nullptr;
}

std::vector<const ScanPath*> usable_scans() {
  std::vector<const ScanPath*> found;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
    found.push_back(&vnni_scan());
  if (avx2) found.push_back(&avx2_scan());
#elif defined(__aarch64__)
  found.push_back(&neon_scan());
#endif
  found.push_back(&reference_scan());
  return found;
}

const ScanPath* find_scan(const char* name) {
  for (const ScanPath* s : usable_scans())
    if (std::strcmp(s->name, name) == 0) return s;
  return nullptr;
}

Fold usable_fold() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) return fold_clmul;
#endif
  return nullptr;
}

}  // namespace accent
