// From an image of any size to what the encoder sees: shorter side to `size` (bicubic, a = -0.5, widened when it
// shrinks, as PIL and torchvision's antialias do), centre crop, (pixel - mean) / std. Nothing is clamped or rounded,
// so the whole is affine and its VJP is the transpose.
#pragma once
#include <cstddef>
#include <vector>

#include "vit.h"

namespace accent {

// One axis: output i is the sum over j of weight[i][j] * input[first[i] + j].
struct Taps {
  std::vector<int> first;
  std::vector<std::vector<double>> weight;
};

class Preprocess {
 public:
  // Images [3, height, width] of at least 1 x 1.
  Preprocess(const Config& c, int height, int width);

  bool resizes() const { return resizes_; }
  size_t input_numbers() const { return (size_t)3 * height_ * width_; }

  // out [3, size, size].
  template <class T>
  void forward(const T* image, T* out) const;
  // gradient [3, height, width] for the cotangent [3, size, size].
  template <class T>
  void vjp(const T* cotangent, T* gradient) const;

 private:
  const Config config_;
  int height_, width_;
  bool resizes_;
  Taps rows_, cols_;
};

}  // namespace accent
