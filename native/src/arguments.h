// The argument boundary: what a caller passed, as plain numbers, to what the kernel may be given. addon.cc fills these
// structs from JavaScript and calls nothing else before a call; lab/fuzz.cc fills them with arbitrary bytes. Nothing
// here trusts a caller: numbers are doubles that may be NaN, and lengths are compared before anything is multiplied.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "encoder.h"

namespace accent {

// One call's shape as given: images [count, 3, height, width], `image_numbers` of them; for a VJP `cotangent_count`
// cotangents, `cotangent_numbers` numbers in all. NaN stands for "no number".
struct RawCall {
  double count = 0, height = 0, width = 0;
  size_t image_numbers = 0;
  double cotangent_count = 0;
  size_t cotangent_numbers = 0;
};

// What a caller says beside the weights; a field of the wrong type holds what `read_options` refuses.
struct RawOptions {
  std::optional<std::string> path, precision, act;
  std::optional<double> heads, threads, eps;
  std::optional<std::vector<double>> mean, std;
  bool checkpoint = false;
};

// A whole number in [1, most], or false.
bool whole(double value, int most, int* out);

// Fills count, height and width of `view` (its data stays untouched), or says what is wrong.
Failure read_images(const RawCall& raw, Images* view);
// Cotangents of a VJP over `view`: as many as images, or any number over one image, `dims` numbers each.
Failure read_cotangents(const RawCall& raw, const Images& view, int dims, int* count);
Failure read_options(const RawOptions& raw, LoadOptions* out);

}  // namespace accent
