#include "arguments.h"

#include <cmath>

namespace accent {
namespace {

// 3 * 2^20 * 2^14 * 2^14 stays inside the 53 bits of a double, so the comparison with a length is exact.
constexpr int kMostImages = 1 << 20, kMostSide = 1 << 14, kMostThreads = 1024, kMostHeads = 1024;

Failure expect_numbers(size_t found, double expected, const char* what) {
  if (found == 0)
    return fail("invalid_input", std::string("The ") + what + " array is empty or its buffer is detached.");
  if ((double)found != expected)
    return fail("invalid_input", std::string("Expected ") + std::to_string((long long)expected) + " numbers for " + what +
                                     " by the shape, but received " + std::to_string(found) + ".");
  return {};
}

bool triple(const std::optional<std::vector<double>>& from, std::optional<std::vector<float>>* to) {
  if (!from) return true;
  if (from->size() != 3) return false;
  to->emplace();
  for (double v : *from) {
    // A number beyond f32 would be undefined to convert.
    if (!(std::fabs(v) <= 3e38)) return false;
    (*to)->push_back((float)v);
  }
  return true;
}

}  // namespace

bool whole(double value, int most, int* out) {
  if (!(value >= 1) || value > most || value != std::floor(value)) return false;
  *out = (int)value;
  return true;
}

Failure read_images(const RawCall& raw, Images* view) {
  if (!whole(raw.count, kMostImages, &view->count) || !whole(raw.height, kMostSide, &view->height) ||
      !whole(raw.width, kMostSide, &view->width))
    return fail("invalid_input", "Expected a shape [count, 3, height, width] with 1 to 1048576 images of sides 1 to 16384.");
  return expect_numbers(raw.image_numbers, 3.0 * view->count * view->height * view->width, "images");
}

Failure read_cotangents(const RawCall& raw, const Images& view, int dims, int* count) {
  if (!whole(raw.cotangent_count, kMostImages, count) || (view.count != 1 && *count != view.count))
    return fail("invalid_input", "Expected as many cotangents as images, or any number of them for one image.");
  return expect_numbers(raw.cotangent_numbers, (double)*count * dims, "cotangents");
}

Failure read_options(const RawOptions& raw, LoadOptions* out) {
  if (raw.path) out->path = *raw.path;
  if (raw.precision) {
    if (*raw.precision != "f32" && *raw.precision != "bf16")
      return fail("invalid_input", "Expected \"f32\" or \"bf16\" for precision.");
    out->bf16 = *raw.precision == "bf16";
  }
  if (raw.act) {
    if (*raw.act != "gelu" && *raw.act != "quick_gelu")
      return fail("invalid_input", "Expected \"gelu\" or \"quick_gelu\" for hiddenAct.");
    out->overrides.act = *raw.act == "gelu" ? Activation::kGelu : Activation::kQuickGelu;
  }
  int n;
  if (raw.heads) {
    if (!whole(*raw.heads, kMostHeads, &n)) return fail("invalid_input", "Expected a whole number from 1 to 1024 for heads.");
    out->overrides.heads = n;
  }
  if (raw.threads) {
    if (!whole(*raw.threads, kMostThreads, &n)) return fail("invalid_input", "Expected a whole number from 1 to 1024 for threads.");
    out->threads = n;
  }
  if (raw.eps) {
    if (!(*raw.eps > 0) || !(*raw.eps < 1)) return fail("invalid_input", "Expected a number in (0, 1) for layerNormEps.");
    out->overrides.eps = (float)*raw.eps;
  }
  if (!triple(raw.mean, &out->overrides.mean) || !triple(raw.std, &out->overrides.std))
    return fail("invalid_input", "Expected an array of three numbers for mean and std.");
  out->checkpoint = raw.checkpoint;
  return {};
}

}  // namespace accent
