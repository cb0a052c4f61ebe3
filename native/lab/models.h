// Encoders of random weights, for the lab and the fuzz target.
#pragma once
#include <memory>
#include <vector>

#include "encoder.h"

namespace accent {

// splitmix64
struct Random {
  uint64_t state;
  uint64_t next() {
    uint64_t z = state += 0x9E3779B97F4A7C15ull;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
  }
  int below(int n) { return (int)(next() % (uint64_t)n); }
  double unit() { return (double)(next() >> 11) * 0x1p-52 - 1; }  // [-1, 1)
  std::vector<float> floats(size_t n, double scale, double offset = 0) {
    std::vector<float> v(n);
    for (float& x : v) x = (float)(unit() * scale + offset);
    return v;
  }
};

Weights random_weights(const Config& c, uint64_t seed);

// The weights as a safetensors file in memory, so that the lab goes through the reader as everybody does.
std::unique_ptr<Source> as_file(const Weights& w);

// check_scan.cc: random rows through the vector scan; how many of its checks failed, each told.
int check_scan(Random& r);

}  // namespace accent
