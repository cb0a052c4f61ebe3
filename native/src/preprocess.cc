#include "preprocess.h"

#include <algorithm>
#include <cmath>

namespace accent {
namespace {

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

// Outputs [skip, skip + count) of resizing `in` numbers to `out`.
Taps make_taps(int in, int out, int skip, int count) {
  Taps taps;
  const double scale = (double)in / out, widen = std::max(scale, 1.0), support = 2 * widen;
  for (int i = skip; i < skip + count; ++i) {
    const double centre = (i + 0.5) * scale;
    const int lo = std::max((int)(centre - support + 0.5), 0), hi = std::min((int)(centre + support + 0.5), in);
    std::vector<double> w;
    double sum = 0;
    for (int j = lo; j < hi; ++j) {
      w.push_back(cubic((j - centre + 0.5) / widen));
      sum += w.back();
    }
    for (double& v : w) v /= sum;
    taps.first.push_back(lo);
    taps.weight.push_back(std::move(w));
  }
  return taps;
}

}  // namespace

Preprocess::Preprocess(const Config& c, int height, int width)
    : config_(c), height_(height), width_(width), resizes_(height != c.size || width != c.size) {
  if (!resizes_) return;
  const int shorter = std::min(height, width);
  // The longer side is cut down to a whole number, the crop's corner rounded half to even: torchvision's rules.
  const auto side = [&](int n) { return n == shorter ? c.size : (int)((int64_t)c.size * n / shorter); };
  const int h = side(height), w = side(width);
  rows_ = make_taps(height, h, (int)std::nearbyint((h - c.size) / 2.0), c.size);
  cols_ = make_taps(width, w, (int)std::nearbyint((w - c.size) / 2.0), c.size);
}

template <class T>
void Preprocess::forward(const T* image, T* out) const {
  const int s = config_.size;
  std::vector<T> middle(resizes_ ? (size_t)height_ * s : 0);
  for (int ch = 0; ch < 3; ++ch) {
    const T mean = (T)config_.mean[ch], scale = T(1) / (T)config_.std[ch];
    const T* in = image + (size_t)ch * height_ * width_;
    T* to = out + (size_t)ch * s * s;
    if (!resizes_) {
      for (int i = 0; i < s * s; ++i) to[i] = (in[i] - mean) * scale;
      continue;
    }
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < s; ++x) {
        const auto& w = cols_.weight[(size_t)x];
        const T* from = in + (size_t)y * width_ + cols_.first[(size_t)x];
        double v = 0;
        for (size_t j = 0; j < w.size(); ++j) v += w[j] * (double)from[j];
        middle[(size_t)y * s + x] = (T)v;
      }
    for (int y = 0; y < s; ++y) {
      const auto& w = rows_.weight[(size_t)y];
      for (int x = 0; x < s; ++x) {
        double v = 0;
        for (size_t j = 0; j < w.size(); ++j) v += w[j] * (double)middle[((size_t)rows_.first[(size_t)y] + j) * s + x];
        to[y * s + x] = ((T)v - mean) * scale;
      }
    }
  }
}

template <class T>
void Preprocess::vjp(const T* cotangent, T* gradient) const {
  const int s = config_.size;
  std::vector<double> middle(resizes_ ? (size_t)height_ * s : 0), row(resizes_ ? (size_t)width_ : 0);
  for (int ch = 0; ch < 3; ++ch) {
    const T scale = T(1) / (T)config_.std[ch];
    const T* from = cotangent + (size_t)ch * s * s;
    T* out = gradient + (size_t)ch * height_ * width_;
    if (!resizes_) {
      for (int i = 0; i < s * s; ++i) out[i] = from[i] * scale;
      continue;
    }
    std::fill(middle.begin(), middle.end(), 0.0);
    for (int y = 0; y < s; ++y) {
      const auto& w = rows_.weight[(size_t)y];
      for (size_t j = 0; j < w.size(); ++j)
        for (int x = 0; x < s; ++x)
          middle[((size_t)rows_.first[(size_t)y] + j) * s + x] += w[j] * (double)(from[y * s + x] * scale);
    }
    for (int y = 0; y < height_; ++y) {
      std::fill(row.begin(), row.end(), 0.0);
      for (int x = 0; x < s; ++x) {
        const auto& w = cols_.weight[(size_t)x];
        for (size_t j = 0; j < w.size(); ++j)
          row[(size_t)cols_.first[(size_t)x] + j] += w[j] * middle[(size_t)y * s + x];
      }
      for (int x = 0; x < width_; ++x) out[(size_t)y * width_ + x] = (T)row[(size_t)x];
    }
  }
}

template void Preprocess::forward<float>(const float*, float*) const;
template void Preprocess::forward<double>(const double*, double*) const;
template void Preprocess::vjp<float>(const float*, float*) const;
template void Preprocess::vjp<double>(const double*, double*) const;

}  // namespace accent
