// libFuzzer target: any bytes as a weights file. What the reader accepts is run once, so that a shape that passes
// the checks and still leads out of bounds is found too.
#include <cmath>
#include <cstdlib>

#include "encoder.h"

using namespace accent;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  LoadOptions o;
  o.threads = 1;
  // The first byte chooses what a caller may say beside the file.
  if (size == 0) return 0;
  if (data[0] & 1) o.overrides.act = Activation::kGelu;
  if (data[0] & 2) o.overrides.heads = 1 + (data[0] >> 4);
  if (data[0] & 4) o.path = "reference";
  o.checkpoint = data[0] & 8;
  std::shared_ptr<Encoder> e;
  const Failure f = Encoder::load(memory_source(std::vector<uint8_t>(data + 1, data + size)), o, &e);
  if (f) {
    if (f.message.empty()) std::abort();
    return 0;
  }
  const Config& c = e->config();
  const std::vector<float> image((size_t)3 * c.size * c.size, 0.25f), cotangent((size_t)c.dims, 1.0f);
  std::vector<float> embedding((size_t)c.dims), gradient(image.size());
  const Images view{image.data(), 1, c.size, c.size};
  const Failure ran = e->vjp(view, 1, cotangent.data(), nullptr, embedding.data(), gradient.data());
  if (!ran)
    for (float v : gradient)
      if (!std::isfinite(v)) std::abort();
  return 0;
}
